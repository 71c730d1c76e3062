import type { EntryFile } from '../../analysis.contract.ts'
import { ByteReader, type Chunks, Truncated } from './byte-reader.ts'
import { type Compression, decompressed } from './decompression.ts'
import { entryPath, linkEscapes } from './entry-path.ts'
import { type ArchiveFormat, archiveFormat, headBytes } from './formats.ts'
import { ArchiveRefused, type Budget } from './limits.ts'
import type { Spool } from './spool.ts'
import { type ArchiveEntry, tarEntries } from './tar.ts'
import { type ZipEntry, zipEntries } from './zip.ts'

export interface WalkedFile {
  readonly path: string
  /** As the archive states it; the length of the blob for a file that is in none. */
  readonly sizeBytes: number
  readonly mode: number
}

export type ArchiveOddity =
  | 'archive/bomb'
  | 'archive/damaged'
  | 'archive/device'
  | 'archive/duplicate'
  | 'archive/encrypted'
  | 'archive/escaping-link'
  | 'archive/link'
  | 'archive/odd-path'
  | 'archive/too-deep'
  | 'archive/traversal'

export interface Visitor {
  /** Whether an archive inside is walked, not looked at as a file. */
  enters(file: WalkedFile, format: ArchiveFormat): boolean
  /** A reader for the whole content, for formats that are understood while they stream. */
  reads(file: WalkedFile, head: Buffer): ((content: ByteReader) => Promise<void>) | undefined
  /** How many bytes of the beginning to show; 0 for none. */
  wants(file: WalkedFile, head: Buffer): number
  sees(file: EntryFile): void
  /** How many bytes of an archive that is walked are wanted as they are; 0 for none. */
  wantsArchive(file: WalkedFile): number
  /** The whole of such an archive. */
  seesArchive(path: string, content: Buffer): void
  /** Every path of an archive, directories and links too, before its content. */
  names(path: string, type: ArchiveEntry['type'] | 'file'): void
  odd(rule: ArchiveOddity, where: Where, message: string): void
  /** Of the content there, what was not looked at. */
  gap(where: Where, reason: string): void
}

export interface Where {
  readonly path: string
  /** Whether it is an archive inside another, or in one. */
  readonly isNested: boolean
}

interface Place {
  readonly file: WalkedFile
  /** Archives around it. */
  readonly depth: number
  /** Streams unpacked in a row without an archive between. */
  readonly layers: number
}

const maxCompressions = 3
const zipNames = /\.(?:zip|keras|whl|egg|jar|war|ear|npz|nupkg)$/i
const within = ({ depth }: Place, path: string): Where => ({ path, isNested: depth > 0 })

/** Walks blobs and the archives in them: nothing is written under its own name, followed or run. */
export class Walker {
  readonly #budget: Budget
  readonly #visitor: Visitor
  readonly #spool: Spool

  constructor(budget: Budget, visitor: Visitor, spool: Spool) {
    this.#budget = budget
    this.#visitor = visitor
    this.#spool = spool
  }

  /** Throws BudgetSpent only; what is wrong with the blob itself is told to the visitor. */
  walk(blob: Chunks, file: WalkedFile): Promise<void> {
    return this.#content(new ByteReader(blob), { file, depth: 0, layers: 0 })
  }

  async #content(reader: ByteReader, place: Place): Promise<void> {
    let isArchive = false
    try {
      const format = archiveFormat(await reader.peek(headBytes))
      isArchive = format !== undefined && (place.depth === 0 || this.#visitor.enters(place.file, format))
      if (format && isArchive) {
        await this.#keep(reader, place.file)
        await this.#archive(reader, place, format)
      } else if (this.#mayBeZip(place)) {
        await this.#keep(reader, place.file)
        await this.#zip(reader, place, (content) => this.#file(content, place.file))
      } else await this.#file(reader, place.file)
    } catch (error) {
      this.#tell(error, { path: place.file.path, isNested: isArchive && place.depth > 0 })
    }
  }

  async #keep(reader: ByteReader, file: WalkedFile): Promise<void> {
    const wanted = this.#visitor.wantsArchive(file)
    if (wanted === 0) return
    const content = Buffer.from(await reader.peek(wanted))
    if (content.length < wanted) this.#visitor.seesArchive(file.path, content)
  }

  #tell(error: unknown, where: Where): void {
    if (error instanceof ArchiveRefused) this.#visitor.odd(error.rule, where, error.message)
    else if (error instanceof Truncated) this.#visitor.odd('archive/damaged', where, error.message)
    else throw error
  }

  async #archive(reader: ByteReader, place: Place, format: ArchiveFormat): Promise<void> {
    const where = { path: place.file.path, isNested: place.depth > 0 }
    if (format === 'bzip2' || format === 'xz' || format === '7z' || format === 'rar' || format === 'ar') {
      this.#visitor.gap(where, `${format} is not unpacked`)
      return this.#file(reader, place.file)
    }
    if (place.depth > this.#budget.limits.maxDepth || place.layers >= maxCompressions) {
      return this.#visitor.odd('archive/too-deep', where, `archives inside archives are unpacked to depth ${this.#budget.limits.maxDepth}`)
    }
    if (format === 'tar') return this.#entries(tarEntries(reader), place)
    if (format === 'zip') return this.#zip(reader, place)
    return this.#compressed(reader, place, format)
  }

  /** Zips are found by their end, so what has the name of one may be one whatever it begins with. */
  #mayBeZip({ file, depth }: Place): boolean {
    return zipNames.test(file.path) && depth <= this.#budget.limits.maxDepth && (depth === 0 || this.#visitor.enters(file, 'zip'))
  }

  #zip(reader: ByteReader, place: Place, asFile?: (content: ByteReader) => Promise<void>): Promise<void> {
    return this.#spool.withZip(reader, (zip, size) => this.#entries(zipEntries(zip, size, this.#budget), place), asFile)
  }

  async #compressed(reader: ByteReader, place: Place, format: Compression): Promise<void> {
    const inner = new ByteReader(decompressed(reader.rest(), format, this.#budget))
    const sizeBytes = place.file.sizeBytes
    await this.#content(inner, { ...place, file: { ...place.file, sizeBytes }, layers: place.layers + 1 })
    // To the end: a bomb behind an archive that ended early is still one.
    for await (const _ of inner.rest());
  }

  async #entries(entries: AsyncIterable<ArchiveEntry | ZipEntry>, place: Place): Promise<void> {
    const seen = new Set<string>()
    for await (const entry of entries) {
      this.#budget.spendEntry()
      const { path, full } = this.#named(entry, place)
      if (path === '') continue
      if (seen.has(path) && entry.type !== 'directory') this.#visitor.odd('archive/duplicate', within(place, full), 'the name comes twice')
      seen.add(path)
      this.#visitor.names(full, entry.type)
      await this.#entry(entry, full, place)
    }
  }

  #named({ rawPath }: ArchiveEntry, place: Place): { path: string; full: string } {
    const { path, oddity } = entryPath(rawPath, this.#budget.limits.maxPathLength)
    const full = place.depth === 0 ? path : `${place.file.path}!/${path}`
    if (oddity === 'traversal') this.#visitor.odd('archive/traversal', within(place, full), 'the name climbs with ..')
    else if (oddity) this.#visitor.odd('archive/odd-path', within(place, full), `the name: ${oddity}`)
    return { path, full }
  }

  async #entry(entry: ArchiveEntry | ZipEntry, path: string, place: Place): Promise<void> {
    const where = within(place, path)
    if (entry.type === 'symbolic link' || entry.type === 'hard link') return this.#link(entry, where)
    if (entry.type === 'device') return this.#visitor.odd('archive/device', where, 'a device file')
    if (entry.type !== 'file' || this.#isUnreadable(entry, where)) return
    if (entry.isSparse) this.#visitor.odd('archive/damaged', where, 'a sparse file, of which only the written parts were read')
    const { sizeBytes, mode } = entry
    await this.#content(new ByteReader(entry.body), { file: { path, sizeBytes, mode }, depth: place.depth + 1, layers: 0 })
  }

  #link({ type, linkTarget }: ArchiveEntry, where: Where): void {
    // A hard link names its target from the root of the archive, a symbolic one from where it is.
    const escapes = linkEscapes(type === 'hard link' ? '' : where.path, linkTarget)
    const shown = linkTarget.slice(0, 100).replaceAll(/\p{Cc}/gu, '\ufffd')
    this.#visitor.odd(escapes ? 'archive/escaping-link' : 'archive/link', where, `a ${type} to ${shown}; not followed`)
  }

  #isUnreadable(entry: ArchiveEntry | ZipEntry, where: Where): boolean {
    if (!('isEncrypted' in entry)) return false
    const { maxRatio, ratioFromBytes } = this.#budget.limits
    if (entry.isEncrypted) this.#visitor.odd('archive/encrypted', where, 'an entry that says it is encrypted')
    if (entry.sizeBytes > ratioFromBytes && entry.sizeBytes > entry.packedBytes * maxRatio) {
      this.#visitor.odd('archive/bomb', where, `an entry that states ${maxRatio} times its packed size and more`)
    }
    if (entry.unknownMethod === undefined) return false
    this.#visitor.gap(where, `zip compression ${entry.unknownMethod} is not unpacked`)
    return true
  }

  async #file(reader: ByteReader, file: WalkedFile): Promise<void> {
    const head = await reader.peek(headBytes)
    const read = this.#visitor.reads(file, head)
    if (read) return read(reader)
    const wanted = this.#visitor.wants(file, head)
    if (wanted === 0) return
    const content = Buffer.from(await reader.peek(wanted))
    const isWhole = content.length < wanted || (await reader.peek(wanted + 1)).length === wanted
    this.#visitor.sees({ ...file, content, isWhole })
  }
}
