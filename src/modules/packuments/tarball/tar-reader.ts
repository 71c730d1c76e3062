import { TarballInvalid } from '../errors.ts'
import { blockBytes, decodeHeader, decodePax, type TarHeader } from './tar-header.ts'

/** Takes the bytes of one file; they are its own only until it returns. */
export type TakeBytes = (bytes: Buffer) => void

/** Throws for what may not be in the archive. */
export type OpenEntry = (entry: Omit<TarHeader, 'type'> & { readonly type: 'file' | 'directory' | 'other' }) => TakeBytes | undefined

const maxExtensionBytes = 65_536

/**
 * Reads a tar archive that is pushed at it, without holding more than one header. Stricter than the readers of clients: after the end marker there
 * are only zeros, and only one name and size can be meant. So nobody reads other files from it than were looked at here.
 */
export class TarReader {
  readonly #open: OpenEntry
  #block: Buffer = Buffer.alloc(0)
  #take: TakeBytes | undefined
  #extension: { readonly type: TarHeader['type']; readonly chunks: Buffer[] } | undefined
  #name: string | undefined
  #sizeBytes: number | undefined
  /** Of the content that is being read, and of the padding behind it. */
  #left = 0
  #padding = 0
  #ended = false

  constructor(open: OpenEntry) {
    this.#open = open
  }

  write(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(this.#consume(rest))
  }

  /** Throws TarballInvalid when the archive is cut short. An end marker that is missing altogether is no cut: old tools leave it out. */
  end(): void {
    if (this.#left > 0 || this.#padding > 0 || this.#block.length > 0 || this.#name !== undefined || this.#sizeBytes !== undefined)
      throw new TarballInvalid('it is cut short')
  }

  #consume(bytes: Buffer): number {
    if (this.#ended) return refuseGarbage(bytes)
    if (this.#left > 0) return this.#content(bytes)
    if (this.#padding > 0) {
      const skipped = Math.min(this.#padding, bytes.length)
      this.#padding -= skipped
      return skipped
    }
    return this.#header(bytes)
  }

  #content(bytes: Buffer): number {
    const part = bytes.subarray(0, this.#left)
    this.#left -= part.length
    if (this.#extension) this.#extension.chunks.push(Buffer.from(part))
    else this.#take?.(part)
    if (this.#left === 0) this.#finish()
    return part.length
  }

  #header(bytes: Buffer): number {
    const missing = blockBytes - this.#block.length
    const part = bytes.subarray(0, missing)
    if (part.length < missing) this.#block = Buffer.concat([this.#block, part])
    else {
      const block = this.#block.length === 0 ? part : Buffer.concat([this.#block, part])
      this.#block = Buffer.alloc(0)
      this.#begin(decodeHeader(block))
    }
    return part.length
  }

  #begin(header: TarHeader | undefined | 'invalid'): void {
    if (header === 'invalid') throw new TarballInvalid('a header is damaged')
    if (!header) {
      if (this.#name !== undefined || this.#sizeBytes !== undefined) throw new TarballInvalid('it is cut short')
      this.#ended = true
      return
    }
    const { type } = header
    if (type === 'pax' || type === 'pax-global' || type === 'gnu-long-name') this.#beginExtension({ ...header, type })
    else this.#beginEntry({ ...header, type })
    if (this.#left === 0) this.#finish()
  }

  #beginExtension({ type, sizeBytes }: TarHeader): void {
    if (sizeBytes > maxExtensionBytes) throw new TarballInvalid('a header is too long')
    this.#extension = { type, chunks: [] }
    this.#await(sizeBytes)
  }

  #beginEntry(header: Parameters<OpenEntry>[0]): void {
    // Directories have no content, whatever an old tar wrote for their size.
    const sizeBytes = header.type === 'directory' ? 0 : (this.#sizeBytes ?? header.sizeBytes)
    const entry = { ...header, name: this.#name ?? header.name, sizeBytes }
    this.#name = undefined
    this.#sizeBytes = undefined
    this.#take = this.#open(entry)
    this.#await(entry.sizeBytes)
  }

  #await(sizeBytes: number): void {
    this.#left = sizeBytes
    this.#padding = (blockBytes - (sizeBytes % blockBytes)) % blockBytes
  }

  #finish(): void {
    this.#take = undefined
    const extension = this.#extension
    if (!extension) return
    this.#extension = undefined
    const bytes = Buffer.concat(extension.chunks)
    if (extension.type === 'gnu-long-name') this.#name = bytes.toString('utf8', 0, lengthOfText(bytes))
    else this.#applyPax(bytes, extension.type === 'pax-global')
  }

  #applyPax(bytes: Buffer, isGlobal: boolean): void {
    const records = decodePax(bytes)
    if (!records) throw new TarballInvalid('an extended header is malformed')
    const [name, size] = [records.get('path'), records.get('size')]
    // Readers do not agree to what these apply, and no packer of npm writes them.
    if (isGlobal && (name !== undefined || size !== undefined)) throw new TarballInvalid('a global header renames its files')
    if ([...records.keys()].some((key) => key.startsWith('GNU.sparse.'))) throw new TarballInvalid('it has sparse files')
    if (['type', 'linkpath', 'charset', 'hdrcharset'].some((key) => records.has(key)))
      throw new TarballInvalid('an extended header makes its file another kind of thing')
    if (name !== undefined) this.#name = name
    if (size !== undefined) this.#sizeBytes = sizeOf(size)
  }
}

function refuseGarbage(bytes: Buffer): number {
  if (bytes.some((byte) => byte !== 0)) throw new TarballInvalid('there is something after its end')
  return bytes.length
}

function sizeOf(text: string): number {
  const size = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(size)) throw new TarballInvalid('an extended header is malformed')
  return size
}

function lengthOfText(bytes: Buffer): number {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes.length : end
}
