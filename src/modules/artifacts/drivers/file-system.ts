import { randomUUID } from 'node:crypto'
import { closeSync, constants, fsync, openSync } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { LRUCache } from 'lru-cache'
import { byCount } from '../../../shared/kernel/by-count.ts'
import { type FileRange, FileStream } from '../../../shared/kernel/file-stream.ts'
import type { BlobDriver } from '../contract.ts'
import { BlobMissing, UploadBusy, UploadUnknown, WrongOffset } from '../errors.ts'
import { appendAll } from './append-all.ts'
import { checkedKey } from './storage-key.ts'

const sync = promisify(fsync)
const shards = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'))

/**
 * Copies under `copies/<first two digits>/<key>`, unfinished uploads under `uploads/<key>`, damaged copies under `quarantine/<key>`. Each write is
 * fsynced before it is acknowledged (D-1).
 */
export async function openFileSystemDriver(root: string, { accelRedirect = '' } = {}): Promise<BlobDriver> {
  const [uploads, copies, quarantine] = ['uploads', 'copies', 'quarantine'].map((name) => join(root, name)) as [string, string, string]
  for (const folder of [uploads, copies, quarantine]) await mkdir(folder, { recursive: true })
  await Promise.all(shards.map((shard) => mkdir(join(copies, shard), { recursive: true })))
  for (const folder of [copies, root]) await syncFolder(folder)

  const files = new UploadFiles(uploads)
  const copyFolder = (key: string) => join(copies, checkedKey(key).slice(0, 2))
  const copyPath = (key: string) => join(copyFolder(key), key)

  return {
    name: 'file-system',
    append: (key, offset, body) => files.append(key, offset, body),
    uploadSize: async (key) => (await sizeOf(files.path(key))) ?? 0,
    async readUpload(key) {
      await files.takeOver(key)
      return openStream(files.path(key))
    },
    async store(key, body) {
      await writeNew(copyFolder(key), key, body)
    },
    async commit(uploadKey, storageKey) {
      await files.moveTo(uploadKey, copyPath(storageKey))
      await syncFolder(copyFolder(storageKey))
    },
    abort: (key) => files.remove(key),
    read: (key, range) => openStream(copyPath(key), range),
    size: (key) => sizeOf(copyPath(key)),
    remove: (key) => rm(copyPath(key), { force: true }),
    quarantine: (key) => rename(copyPath(key), join(quarantine, checkedKey(key))).catch(ignoreMissing),
    touch: (kind, key) => utimes(kind === 'copy' ? copyPath(key) : files.path(key), new Date(), new Date()).catch(ignoreMissing),
    list: () => list(uploads, copies),
    async ping() {
      await statfs(root)
    },
    ...(accelRedirect !== '' && { locate: async (key: string) => ({ kind: 'accel', path: accelPath(accelRedirect, key) }) as const }),
  }
}

const accelPath = (location: string, key: string): string => `${location}copies/${checkedKey(key).slice(0, 2)}/${key}`

/**
 * Several processes may share the folder, and a request for an upload may reach any of them. A process writes only to files it made: it
 * copies another's before it goes on, so that a writer that was cut off elsewhere cannot change bytes that were hashed here.
 */
class UploadFiles {
  readonly #folder: string
  /** By key, what the file that this process made is; what is forgotten is copied like another's. */
  readonly #own = new LRUCache<string, string>(byCount(100_000))

  constructor(folder: string) {
    this.#folder = folder
  }

  path(key: string): string {
    return join(this.#folder, checkedKey(key))
  }

  async append(key: string, offset: number, body: AsyncIterable<Buffer>): Promise<void> {
    await this.takeOver(key)
    const isNew = !this.#own.has(key)
    if (isNew && offset !== 0) throw new WrongOffset(0)
    const handle = await open(this.path(key), isNew ? 'wx' : 'r+').catch(translate('EEXIST', () => new UploadBusy()))
    try {
      const { size } = await handle.stat()
      if (size !== offset) throw new WrongOffset(size)
      if (isNew) {
        this.#own.set(key, await identity(this.path(key)))
        await syncFolder(this.#folder)
      }
      await appendAll(handle, offset, body)
    } finally {
      await handle.close()
    }
    if ((await identity(this.path(key))) !== this.#own.get(key)) throw new UploadBusy()
  }

  async takeOver(key: string): Promise<void> {
    const path = this.path(key)
    const found = await identity(path)
    if (found === '') this.#own.delete(key)
    if (found === '' || found === this.#own.get(key)) return
    const copy = this.path(randomUUID())
    await copyFile(path, copy, constants.COPYFILE_FICLONE)
    await syncFile(copy)
    await rename(copy, path)
    await syncFolder(this.#folder)
    this.#own.set(key, await identity(path))
  }

  async moveTo(key: string, target: string): Promise<void> {
    await this.takeOver(key)
    const path = this.path(key)
    await this.#touch(path)
    await rename(path, target).catch(translate('ENOENT', () => new UploadUnknown()))
    const own = this.#own.get(key)
    this.#own.delete(key)
    if ((await identity(target)) === own) return
    await rm(target, { force: true })
    throw new UploadBusy()
  }

  async remove(key: string): Promise<void> {
    this.#own.delete(key)
    await rm(this.path(key), { force: true })
  }

  /** A copy without a row is young, however long ago its last byte came. */
  #touch(path: string): Promise<void> {
    return utimes(path, new Date(), new Date()).catch(ignoreMissing)
  }
}

/** Empty when there is no file. Inode numbers are used again, so the time of birth belongs to it. */
async function identity(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(ignoreMissing)
  return found ? `${found.dev}:${found.ino}:${found.birthtimeNs}` : ''
}

const translate =
  (code: string, meaning: () => Error) =>
  (error: NodeJS.ErrnoException): never => {
    throw error.code === code ? meaning() : error
  }

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** Its name becomes durable while its bytes do: each wait for one of the few threads of the file system is a good part of a small publish. */
async function writeNew(folder: string, name: string, body: AsyncIterable<Buffer>): Promise<void> {
  const path = join(folder, name)
  const handle = await open(path, 'wx')
  try {
    const naming = syncFolder(folder)
    // Heard when the body is through: nobody reads on behind a failure.
    naming.catch(() => undefined)
    await appendAll(handle, 0, body)
    await naming
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await handle.close()
  }
}

async function openStream(path: string, range?: FileRange): Promise<Readable> {
  const handle = await open(path, 'r').catch(translate('ENOENT', () => new BlobMissing()))
  const stream = new FileStream(handle, range)
  finished(stream).catch(() => undefined)
  return stream
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(ignoreMissing))?.size
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A folder that was just written to is opened and closed faster than a thread is woken for it. */
async function syncFolder(path: string): Promise<void> {
  const folder = openSync(path, 'r')
  try {
    await sync(folder)
  } finally {
    closeSync(folder)
  }
}

async function* list(uploads: string, copies: string): ReturnType<BlobDriver['list']> {
  yield* listFolder(uploads, 'upload')
  for (const shard of shards) yield* listFolder(join(copies, shard), 'copy')
}

async function* listFolder(folder: string, kind: 'copy' | 'upload'): ReturnType<BlobDriver['list']> {
  for (const key of await readdir(folder)) {
    const found = await stat(join(folder, key)).catch(ignoreMissing)
    if (found?.isFile()) yield { kind, key, sizeBytes: found.size, modifiedAt: found.mtime }
  }
}
