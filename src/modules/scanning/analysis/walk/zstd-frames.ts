import { ByteReader, type Chunks, Truncated } from './byte-reader.ts'
import { ArchiveRefused } from './limits.ts'

const frameMagic = 0xfd2fb528
const maxPartBytes = 65_536
const dictionaryBytes = [0, 1, 2, 4]
const sizeBytes = [0, 2, 4, 8]

/** RFC 8878 §3.1.2: what a reader steps over. */
export const isSkippable = (head: Buffer): boolean => head.length >= 4 && head.readUInt32LE() >>> 4 === 0x184d2a5

/**
 * The frames of a zstd stream in parts, none of which reaches into the next frame: the decompressor of Node stops for good at a frame that ends
 * within what it was given, and every other reader goes on. Throws Truncated, and ArchiveRefused for what is no frame.
 */
export async function* zstdFrames(source: Chunks): AsyncGenerator<Buffer, void, undefined> {
  const reader = new ByteReader(source)
  while (!(await reader.isAtEnd())) {
    const head = await reader.peek(6)
    if (isSkippable(head)) {
      await reader.skip(4)
      await reader.skip((await reader.read(4)).readUInt32LE())
    } else if (head.length === 6 && head.readUInt32LE() === frameMagic) yield* frame(reader, head[4] ?? 0)
    else throw new ArchiveRefused('archive/damaged', 'zstd: what follows a frame is none')
  }
}

/** RFC 8878 §3.1.1: a header, blocks that state their length, and a checksum. */
async function* frame(reader: ByteReader, descriptor: number): AsyncGenerator<Buffer, void, undefined> {
  // Blocks may be of three bytes, which would be many parts.
  let parts = [await reader.read(headerBytes(descriptor))]
  let bytes = 0
  const checksumBytes = (descriptor & 4) === 0 ? 0 : 4
  for (let isLast = false; !isLast; ) {
    const head = await reader.peek(3)
    if (head.length < 3) throw new Truncated('a zstd block is missing')
    const block = head.readUIntLE(0, 3)
    isLast = (block & 1) === 1
    // A block of one repeated byte states how often it comes.
    const length = ((block >>> 1) & 3) === 1 ? 1 : block >>> 3
    const part = await reader.read(3 + length + (isLast ? checksumBytes : 0))
    parts.push(part)
    bytes += part.length
    if (bytes < maxPartBytes && !isLast) continue
    yield Buffer.concat(parts)
    parts = []
    bytes = 0
  }
}

function headerBytes(descriptor: number): number {
  const isSingle = (descriptor & 0x20) !== 0
  const stated = isSingle && descriptor >>> 6 === 0 ? 1 : (sizeBytes[descriptor >>> 6] ?? 0)
  return 5 + (isSingle ? 0 : 1) + (dictionaryBytes[descriptor & 3] ?? 0) + stated
}
