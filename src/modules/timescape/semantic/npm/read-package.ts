import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'
import { type Members, readMembers, UnreadableContent } from '../content.ts'
import { guardedArchive } from './guarded-archive.ts'

/** A package as far as its users can notice it. Paths are relative to its folder. */
export interface PackageContent {
  readonly manifest: Members
  /** sha256 of every file. */
  readonly files: ReadonlyMap<string, string>
  /** Type declarations and every `package.json`. */
  readonly texts: ReadonlyMap<string, string>
  /** There are declarations, but too much of them. */
  readonly isCut: boolean
}

const limits = {
  entries: 50_000,
  unpackedBytes: 536_870_912,
  manifestBytes: 1_048_576,
  declarationBytes: 8_388_608,
  declarationFiles: 5_000,
}

export const isDeclaration = (path: string): boolean => /\.d\.(?:[a-z0-9]+\.)?[cm]?ts$/.test(path)

type Entry = ReturnType<typeof extract> extends AsyncIterable<infer E> ? E : never

/** Reads a tarball as a stream, within limits. Throws UnreadableContent. */
export async function readPackage(tarball: Readable, signal: AbortSignal): Promise<PackageContent> {
  const archive = extract()
  const feeding = pipeline(tarball, createGunzip(), guardedArchive, archive, { signal }).catch((error: unknown) => error)
  const reading = new PackageReading()
  try {
    for await (const entry of archive) await reading.take(entry)
  } catch (error) {
    signal.throwIfAborted()
    const known = [error, await feeding].find((each) => each instanceof UnreadableContent)
    throw known ?? new UnreadableContent('the tarball is damaged or cut short')
  } finally {
    archive.destroy()
    await feeding
  }
  return reading.content()
}

class PackageReading {
  readonly #files = new Map<string, string>()
  readonly #texts = new Map<string, string>()
  #entries = 0
  #unpacked = 0
  #declarationBytes = 0
  #isCut = false

  async take(entry: Entry): Promise<void> {
    this.#entries += 1
    if (this.#entries > limits.entries) throw new UnreadableContent(`the tarball has more than ${limits.entries} entries`)
    this.#unpacked += entry.header.size
    if (this.#unpacked > limits.unpackedBytes) throw new UnreadableContent(`the tarball unpacks to more than ${limits.unpackedBytes} bytes`)
    const path = entry.header.type === 'file' ? packagePath(entry.header.name) : ''
    const hash = createHash('sha256')
    const keeps = path !== '' && this.#keeps(path, entry.header.size)
    const chunks: Buffer[] = []
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      hash.update(chunk)
      if (keeps) chunks.push(chunk)
    }
    if (path === '') return
    this.#files.set(path, hash.digest('hex'))
    if (keeps) this.#texts.set(path, Buffer.concat(chunks).toString('utf8'))
  }

  content(): PackageContent {
    const text = this.#texts.get('package.json')
    if (text === undefined) throw new UnreadableContent('there is no package.json in the tarball')
    const texts = this.#isCut ? new Map([['package.json', text]]) : this.#texts
    return { manifest: readMembers(text, 'package.json'), files: this.#files, texts, isCut: this.#isCut }
  }

  #keeps(path: string, sizeBytes: number): boolean {
    if (path === 'package.json') {
      if (sizeBytes > limits.manifestBytes) throw new UnreadableContent(`package.json has more than ${limits.manifestBytes} bytes`)
      return true
    }
    if (!isDeclaration(path) && !path.endsWith('/package.json')) return false
    this.#declarationBytes += sizeBytes
    if (this.#declarationBytes > limits.declarationBytes || this.#texts.size >= limits.declarationFiles) this.#isCut = true
    return !this.#isCut
  }
}

/** npm drops the first segment, whatever it is called. Empty for what is not in the package. */
function packagePath(name: string): string {
  const segments = name.replaceAll('\\', '/').replace(/^\.\//, '').split('/').slice(1)
  return segments.some((segment) => segment === '..' || segment === '') ? '' : segments.filter((segment) => segment !== '.').join('/')
}
