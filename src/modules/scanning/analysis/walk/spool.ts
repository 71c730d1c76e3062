import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fromBufferPromise, fromFdPromise, type ZipFile } from 'yauzl'
import { ByteReader } from './byte-reader.ts'
import { ArchiveRefused, type WalkLimits } from './limits.ts'
import { zipStart } from './zip-start.ts'

const inMemoryBytes = 8_388_608
const copiedAtOnce = 1_048_576
const options = { lazyEntries: true, decodeStrings: false, validateEntrySizes: false, autoClose: false } as const

/** Zips that came as streams, so that they can be read from their end. Files of the private folder have numbers for names. */
export class Spool {
  readonly #folder: string
  readonly #limits: WalkLimits
  #last = 0

  constructor(folder: string, limits: WalkLimits) {
    this.#folder = folder
    this.#limits = limits
  }

  /**
   * Calls with the opened zip and its size. `asFile`, for what may be a zip and does not begin as one, gets all of the content first: others read it from its
   * beginning; it may be no zip then. Throws ArchiveRefused for another that is none.
   */
  async withZip(
    reader: ByteReader,
    use: (zip: ZipFile, sizeBytes: number) => Promise<void>,
    asFile?: (content: ByteReader) => Promise<void>,
  ): Promise<void> {
    const head = await reader.peek(inMemoryBytes + 1)
    if (head.length <= inMemoryBytes) {
      const bytes = await reader.read(head.length)
      const zipAt = await zipStart(bytes.length, async (at, length) => bytes.subarray(at, at + length))
      await asFile?.(new ByteReader(Readable.from([bytes])))
      if (zipAt === undefined && asFile) return
      const zip = bytes.subarray(zipAt ?? 0)
      return use(await opened(fromBufferPromise(zip, options)), zip.length)
    }
    this.#last += 1
    const path = join(this.#folder, String(this.#last))
    const file = await open(path, 'wx+', 0o600)
    try {
      const sizeBytes = await this.#copy(reader, (chunk) => file.write(chunk))
      const zipAt = await zipStart(sizeBytes, (at, length) => readAt(file, at, length))
      await asFile?.(new ByteReader(contentOf(file)))
      if (zipAt === undefined && asFile) return
      if (zipAt) await shift(file, zipAt, sizeBytes)
      const zip = await opened(fromFdPromise(file.fd, options))
      await use(zip, sizeBytes - (zipAt ?? 0))
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
  }

  async #copy(reader: ByteReader, write: (chunk: Buffer) => Promise<unknown>): Promise<number> {
    let sizeBytes = 0
    for await (const chunk of reader.rest()) {
      sizeBytes += chunk.length
      if (sizeBytes > this.#limits.maxSpooledBytes) {
        throw new ArchiveRefused('archive/damaged', `zip of more than ${this.#limits.maxSpooledBytes} bytes is not read`)
      }
      await write(chunk)
    }
    return sizeBytes
  }
}

async function opened(opening: Promise<ZipFile>): Promise<ZipFile> {
  try {
    return await opening
  } catch (error) {
    throw new ArchiveRefused('archive/damaged', `zip: ${(error as Error).message}`)
  }
}

async function* contentOf(file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  let at = 0
  for (let chunk = await readAt(file, at, copiedAtOnce); chunk.length > 0; chunk = await readAt(file, at, copiedAtOnce)) {
    at += chunk.length
    yield chunk
  }
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at)
  return buffer.subarray(0, bytesRead)
}

/** Drops what is before the zip. */
async function shift(file: FileHandle, by: number, sizeBytes: number): Promise<void> {
  for (let at = by; at < sizeBytes; ) {
    const chunk = await readAt(file, at, copiedAtOnce)
    if (chunk.length === 0) break
    await file.write(chunk, 0, chunk.length, at - by)
    at += chunk.length
  }
  await file.truncate(sizeBytes - by)
}
