import type { FileHandle } from 'node:fs/promises'
import { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { asTransient, releaseBytes } from './transient-bytes.ts'

/** Most blobs that are fetched often are small. */
const firstBytes = 65_536
/** Two of them fit into the cache of a core, which is what copying twice, out of one kernel buffer and into another, needs to be fast. */
const chunkBytes = 524_288
/** So many at once read that much; the more there are, the more memory counts for than speed. */
const chunksOf = [
  { streams: 8, bytes: chunkBytes },
  { streams: 128, bytes: 131_072 },
]
let alternating = 0

export interface FileRange {
  readonly start: number
  /** The last one. */
  readonly end: number
}

/**
 * The bytes of an open file, which it closes. Piped into an HTTP answer it reads into two buffers in turn, each once the socket has taken what was in
 * it: new ones for every read, as node's file streams have, take twice as long. Any other reader gets bytes of its own, to
 * release when it is done with them.
 */
export class FileStream extends Readable {
  readonly #handle: FileHandle
  readonly #end: number
  #position: number
  #alternates = false

  constructor(handle: FileHandle, { start, end }: FileRange = { start: 0, end: Number.POSITIVE_INFINITY }) {
    super({ highWaterMark: chunkBytes })
    this.#handle = handle
    this.#position = start
    this.#end = end + 1
  }

  override _read(): void {
    this.#fill(Buffer.allocUnsafeSlow(this.#next(chunkBytes))).then(
      (filled) => this.push(filled.length === 0 ? null : asTransient(filled)),
      (error: Error) => this.destroy(error),
    )
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#alternates) alternating -= 1
    this.#handle.close().then(() => done(error), done)
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { readonly end?: boolean }): T {
    if (!(destination instanceof ServerResponse) || options?.end === false) return super.pipe(destination, options)
    this.#pump(destination).catch((error: Error) => this.destroy(error))
    return destination
  }

  /** An answer that is closed takes nothing more: whoever has it destroys this stream. */
  async #pump(answer: ServerResponse): Promise<void> {
    const first = this.#buffer(firstBytes)
    const filled = await this.#fill(first)
    await written(answer, filled)
    const isMore = filled.length === firstBytes
    releaseBytes(first)
    if (isMore) await this.#alternate(answer)
    answer.end()
    this.push(null)
    this.resume()
  }

  async #alternate(answer: ServerResponse): Promise<void> {
    this.#alternates = true
    alternating += 1
    const size = chunksOf.find(({ streams }) => alternating <= streams)?.bytes ?? firstBytes
    const buffers = [this.#buffer(size), this.#buffer(size)]
    let writing = Promise.resolve()
    for (let turn = 0; ; turn = 1 - turn) {
      const filled = await this.#fill(buffers[turn] as Buffer)
      await writing
      if (filled.length === 0) break
      writing = written(answer, filled)
      // It is awaited after the next read; until then nobody would hear it fail.
      writing.catch(() => undefined)
    }
    for (const buffer of buffers) releaseBytes(buffer)
  }

  async #fill(buffer: Buffer): Promise<Buffer> {
    const length = this.#next(buffer.length)
    if (length === 0) return buffer.subarray(0, 0)
    const { bytesRead } = await this.#handle.read(buffer, 0, length, this.#position)
    this.#position += bytesRead
    return buffer.subarray(0, bytesRead)
  }

  #buffer = (atMost: number): Buffer => asTransient(Buffer.allocUnsafeSlow(this.#next(atMost)))
  /** How much of `atMost` is still to be read, as far as the range says. */
  #next = (atMost: number): number => Math.min(atMost, this.#end - this.#position)
}

const written = (answer: ServerResponse, bytes: Buffer): Promise<void> =>
  bytes.length === 0
    ? Promise.resolve()
    : new Promise((resolve, reject) => answer.write(bytes, (error) => (error ? reject(error) : resolve())))
