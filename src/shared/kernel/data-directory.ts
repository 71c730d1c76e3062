import type { BigIntStats } from 'node:fs'
import { constants, type FileHandle, open, unlink } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** What an owner tells a process that attaches. */
export interface OwnerAnswer {
  readonly pid: number
  readonly databaseUrl: string
}

/** The tie to a living owner. */
export interface Attachment {
  readonly answer: OwnerAnswer
  /** Resolves when the owner retires or dies, or after `leave`. */
  readonly ended: Promise<void>
  leave(): void
}

/** Proof that this process owns the data directory; the kernel of the machine ends it even after `kill -9`. */
export interface DataDirectoryOwner {
  /** Answers everyone who waits and everyone who asks from now on. */
  announce(answer: OwnerAnswer): void
  /** Sends everyone who attached away, so that they look for the next owner, and turns away who comes. */
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

/**
 * Attaches to the living owner, waiting until it is ready; undefined when there is none, it goes away, or `signal` aborts first.
 * The connection stays open: the system closes it with the owner, whatever that dies of.
 */
export async function attachToOwner(directory: string, signal: AbortSignal): Promise<Attachment | undefined> {
  const handle = await openDirectory(directory)
  try {
    const socket = await connect(proofPath(handle))
    // Nothing may be awaited in between: the owner may hang up at once.
    return socket && (await attachThrough(socket, signal))
  } finally {
    await handle.close()
  }
}

async function attachThrough(socket: Socket, signal: AbortSignal): Promise<Attachment | undefined> {
  const leave = () => void socket.destroy()
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', leave)
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  const line = await Promise.race([firstLine(socket), ended])
  signal.removeEventListener('abort', leave)
  if (line === undefined) return undefined
  socket.unref()
  return { answer: JSON.parse(line) as OwnerAnswer, ended, leave }
}

function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.endsWith('\n')) resolve(text)
    })
  })
}

class Doorway {
  readonly #guests = new Set<Socket>()
  #line: string | undefined
  #retired = false

  admit(socket: Socket): void {
    socket.on('error', () => socket.destroy())
    if (this.#retired) {
      socket.destroy()
      return
    }
    this.#guests.add(socket)
    socket.once('close', () => this.#guests.delete(socket))
    // Read, or the end of a guest would go unnoticed. Guests never keep the owner alive.
    socket.resume().unref()
    if (this.#line !== undefined) socket.write(this.#line)
  }

  announce(answer: OwnerAnswer): void {
    this.#line = `${JSON.stringify(answer)}\n`
    for (const guest of this.#guests) guest.write(this.#line)
  }

  retire(): void {
    this.#retired = true
    for (const guest of this.#guests) guest.destroy()
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
