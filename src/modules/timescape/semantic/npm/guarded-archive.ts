import { UnreadableContent } from '../content.ts'

const blockBytes = 512
const maxExtensionBytes = 65_536
/** Extended headers of pax and GNU tar: readers keep them in memory, whatever size they say they have. */
const extensions = new Set(['x', 'g', 'L', 'K'])

/** Passes a tar archive on, and ends it where a header would take more memory than any honest one. */
export async function* guardedArchive(archive: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const guard = new ArchiveGuard()
  for await (const chunk of archive) {
    guard.take(chunk)
    yield chunk
  }
}

class ArchiveGuard {
  #header: Buffer = Buffer.alloc(0)
  #extension: Buffer[] | undefined
  /** Bytes until the next header, and those of them that are content of an extended one. */
  #left = 0
  #content = 0
  #size: number | undefined

  take(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0; ) rest = rest.subarray(this.#left > 0 ? this.#skip(rest) : this.#read(rest))
  }

  #skip(bytes: Buffer): number {
    const skipped = Math.min(this.#left, bytes.length)
    const content = Math.min(this.#content, skipped)
    this.#extension?.push(bytes.subarray(0, content))
    this.#content -= content
    this.#left -= skipped
    if (this.#left === 0) this.#endExtension()
    return skipped
  }

  #read(bytes: Buffer): number {
    const part = bytes.subarray(0, blockBytes - this.#header.length)
    this.#header = Buffer.concat([this.#header, part])
    if (this.#header.length === blockBytes) {
      this.#begin(this.#header)
      this.#header = Buffer.alloc(0)
    }
    return part.length
  }

  #begin(header: Buffer): void {
    const type = String.fromCharCode(header[156] ?? 0)
    const isExtension = extensions.has(type)
    const size = isExtension ? sizeIn(header) : (this.#size ?? sizeIn(header))
    if (isExtension && size > maxExtensionBytes) throw new UnreadableContent('a header in the tarball is too long')
    this.#extension = isExtension ? [] : undefined
    if (!isExtension) this.#size = undefined
    this.#content = isExtension ? size : 0
    this.#left = Math.ceil(size / blockBytes) * blockBytes
  }

  #endExtension(): void {
    const said = this.#extension && /(?:^|\n)\d{1,5} size=(\d{1,15})\n/.exec(Buffer.concat(this.#extension).toString('latin1'))
    if (said?.[1] !== undefined) this.#size = Number(said[1])
    this.#extension = undefined
  }
}

/** Octal digits, or base 256 for 8 GiB and more, which nobody reads to the end anyway. */
function sizeIn(header: Buffer): number {
  if (((header[124] ?? 0) & 0x80) !== 0) return Number.MAX_SAFE_INTEGER - blockBytes
  const digits = header.toString('latin1', 124, 136).replace(/[^0-7]/g, '')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}
