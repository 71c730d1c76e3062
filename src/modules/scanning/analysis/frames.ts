import type { Chunks } from './walk/byte-reader.ts'
import { ByteReader } from './walk/byte-reader.ts'

/**
 * What goes into the child, for every task: one JSON header, then every blob as frames.
 * A frame is a length of four bytes and so many bytes; length 0 ends a blob, `lost` says that it could not be read to its end.
 */
const lost = 0xffff_ffff
const maxHeaderBytes = 4_194_304
const maxFrameBytes = 67_108_864
/** One write of a chunk stays small, so that the loop of the parent gets its turn. */
const frameBytes = 262_144

export const headerFrame = (header: unknown): Buffer => {
  const json = Buffer.from(JSON.stringify(header))
  if (json.length > maxHeaderBytes) throw new Error('the description of the analysis is too large')
  return Buffer.concat([length(json.length), json])
}

/** Of one chunk of a blob; they look at its bytes, which nothing else may have before they are written. */
export function chunkFrames(chunk: Buffer): Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < chunk.length; at += frameBytes) {
    const part = chunk.subarray(at, at + frameBytes)
    frames.push(length(part.length), part)
  }
  return frames
}

export const endOfBlob = (): Buffer => length(0)
export const lostBlob = (): Buffer => length(lost)

function length(count: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(count)
  return bytes
}

/** The parent could not read a blob to its end. */
export class BlobLost extends Error {
  override readonly name = 'BlobLost'
}

/** The other side: header, then blobs one after the other; and again. */
export class FrameReader {
  readonly #reader: ByteReader
  #isInBlob = false

  constructor(source: Chunks) {
    this.#reader = new ByteReader(source)
  }

  /** Of the next task; undefined when there is none. */
  async header(): Promise<unknown> {
    await this.#leaveBlob()
    if (await this.#reader.isAtEnd()) return undefined
    const size = (await this.#reader.read(4)).readUInt32BE()
    if (size > maxHeaderBytes) throw new Error('not the protocol of the analysis')
    return JSON.parse((await this.#reader.read(size)).toString('utf8'))
  }

  /** What was not read of a blob is skipped when the next one, or the next header, is asked for. */
  async *blob(): AsyncGenerator<Buffer, void, undefined> {
    await this.#leaveBlob()
    this.#isInBlob = true
    for (let frame = await this.#frame(); frame; frame = await this.#frame()) yield frame
  }

  async #leaveBlob(): Promise<void> {
    while (this.#isInBlob) await this.#frame()
  }

  /** Undefined behind the last one. */
  async #frame(): Promise<Buffer | undefined> {
    const size = (await this.#reader.read(4)).readUInt32BE()
    if (size === 0 || size === lost) this.#isInBlob = false
    if (size === 0) return undefined
    if (size === lost) throw new BlobLost('the blob could not be read to its end')
    if (size > maxFrameBytes) throw new Error('not the protocol of the analysis')
    return this.#reader.read(size)
  }
}
