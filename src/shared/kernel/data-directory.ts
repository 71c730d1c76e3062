import type { BigIntStats } from 'node:fs'
import { constants, type FileHandle, open, unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

/** What an owner tells a process that attaches. */
export interface OwnerAnswer {
  readonly pid: number
  readonly databaseUrl: string
}

/** Proof that this process owns the data directory; the kernel of the machine ends it even after `kill -9`. */
export interface DataDirectoryOwner {
  /** Answers everyone who waits and everyone who asks from now on. */
  announce(answer: OwnerAnswer): void
  /** Turns askers away from now on, so that nobody attaches to what is being stopped. */
  retire(): void
  release(): Promise<void>
}

/**
 * Becomes the owner of an existing directory, or returns undefined while another process lives that owns it.
 *
 * An abstract socket decides, because the system frees its name with the process and so no stale file can ever race.
 * Abstract names end at the network namespace: the bound `owner.sock` in the directory proves the owner to other containers.
 */
export async function claimDataDirectory(directory: string): Promise<DataDirectoryOwner | undefined> {
  const handle = await openDirectory(directory)
  const doorway = new Doorway()
  const lock = await listen(lockName(await handle.stat({ bigint: true })), (socket) => socket.destroy())
  if (!lock) {
    await handle.close()
    return undefined
  }
  const proof = await bindProof(handle, doorway)
  if (!proof) {
    await close(lock)
    await handle.close()
    return undefined
  }
  return {
    announce: (answer) => doorway.announce(answer),
    retire: () => doorway.retire(),
    release: async () => {
      doorway.retire()
      await close(proof)
      await close(lock)
      await handle.close()
    },
  }
}

/** Asks the living owner and waits at most `timeoutMs` until it is ready; undefined when there is none or it goes away. */
export async function askOwner(directory: string, timeoutMs: number): Promise<OwnerAnswer | undefined> {
  const handle = await openDirectory(directory)
  try {
    const socket = await connect(proofPath(handle))
    if (!socket) return undefined
    const timer = setTimeout(() => socket.destroy(), timeoutMs)
    const answer = await text(socket).catch(() => '')
    clearTimeout(timer)
    return answer === '' ? undefined : (JSON.parse(answer) as OwnerAnswer)
  } finally {
    await handle.close()
  }
}

class Doorway {
  readonly #waiting = new Set<Socket>()
  #answer: OwnerAnswer | undefined
  #retired = false

  admit(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    if (this.#retired) socket.destroy()
    else if (this.#answer) socket.end(JSON.stringify(this.#answer))
    else {
      this.#waiting.add(socket)
      socket.once('close', () => this.#waiting.delete(socket))
    }
  }

  announce(answer: OwnerAnswer): void {
    this.#answer = answer
    for (const socket of this.#waiting) socket.end(JSON.stringify(answer))
  }

  retire(): void {
    this.#retired = true
    for (const socket of this.#waiting) socket.destroy()
  }
}

const openDirectory = (directory: string) => open(directory, constants.O_RDONLY | constants.O_DIRECTORY)

/** The inode, not the path: one directory may have several names. */
const lockName = ({ dev, ino }: BigIntStats) => `\0gati-registry:${dev}:${ino}`

/** Through the open handle, because a socket address holds at most 107 bytes and a data directory may be deeper. */
const proofPath = (handle: FileHandle) => `/proc/self/fd/${handle.fd}/owner.sock`

async function bindProof(handle: FileHandle, doorway: Doorway): Promise<Server | undefined> {
  const path = proofPath(handle)
  const living = await connect(path)
  if (living) {
    living.destroy()
    return undefined
  }
  await unlink(path).catch(ignoreMissing)
  return listen(path, (socket) => doorway.admit(socket))
}

/** Undefined when the address is taken. The server alone never keeps the process alive. */
function listen(path: string, admit: (socket: Socket) => void): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer(admit)
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen({ path, exclusive: true }, () => resolve(server.unref()))
  })
}

/** Undefined when nobody listens there. */
function connect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path)
    const failed = (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' || error.code === 'ENOENT' ? resolve(undefined) : reject(error)
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
