import { TarballEntryRefused, TarballTooLarge } from '../errors.ts'
import type { TarballLimits } from './limits.ts'
import type { OpenEntry, TakeBytes } from './tar-reader.ts'

const maxPackageJsonBytes = 1_048_576
const maxReadmeBytes = 65_536

interface KeptText {
  readonly name: string
  readonly chunks: Buffer[]
}

/** What a package is made of, as its archive is read (D-15): files and directories below one folder, whose name npm drops. */
export class PackageEntries {
  readonly #limits: TarballLimits
  /** Folded paths, with the paths of those that are files. */
  readonly #seen = new Map<string, string | undefined>()
  #count = 0
  #fileCount = 0
  #unpackedSize = 0
  #packageJson: KeptText | undefined
  #readme: KeptText | undefined

  constructor(limits: TarballLimits) {
    this.#limits = limits
  }

  get fileCount(): number {
    return this.#fileCount
  }

  /** Bytes of all files. */
  get unpackedSize(): number {
    return this.#unpackedSize
  }

  get packageJson(): Buffer | undefined {
    return this.#packageJson && Buffer.concat(this.#packageJson.chunks)
  }

  get readme(): { readonly name: string; readonly text: string } | undefined {
    const readme = this.#readme
    return readme && { name: readme.name, text: cutText(Buffer.concat(readme.chunks)) }
  }

  /** Paths of files below a folder of the package, or all. */
  files(folder = ''): string[] {
    return [...this.#seen.values()].filter((path): path is string => path?.startsWith(folder) === true)
  }

  has(path: string): boolean {
    return this.#seen.get(folded(path)) === path
  }

  readonly open: OpenEntry = ({ name, type, sizeBytes }) => {
    this.#count += 1
    if (this.#count > this.#limits.maxEntries) throw new TarballTooLarge(`it has more than ${this.#limits.maxEntries} entries`)
    if (type === 'other') throw new TarballEntryRefused(name, 'which is neither a file nor a directory')
    const path = packagePath(name)
    if (type === 'directory') this.#claim(path, undefined, name)
    if (type === 'directory' || path === '') return undefined
    this.#claim(path, path, name)
    this.#fileCount += 1
    this.#unpackedSize += sizeBytes
    return this.#keep(path, sizeBytes)
  }

  /** A path may be one file, or a directory any number of times. */
  #claim(path: string, file: string | undefined, name: string): void {
    const key = folded(path)
    if (this.#seen.has(key) && (file !== undefined || this.#seen.get(key) !== undefined))
      throw new TarballEntryRefused(name, 'which is there twice, or differs from another entry only in case or in the form of its letters')
    this.#seen.set(key, file)
  }

  #keep(path: string, sizeBytes: number): TakeBytes | undefined {
    if (path === 'package.json') {
      if (sizeBytes > maxPackageJsonBytes) throw new TarballTooLarge(`package.json has more than ${maxPackageJsonBytes} bytes`)
      this.#packageJson = { name: path, chunks: [] }
      return keepIn(this.#packageJson, maxPackageJsonBytes)
    }
    if (!isReadme(path) || (this.#readme && !isMarkdown(path))) return undefined
    this.#readme = { name: path, chunks: [] }
    return keepIn(this.#readme, maxReadmeBytes)
  }
}

const isReadme = (path: string): boolean => /^readme(?:\.[a-z]{1,10})?$/i.test(path)
const isMarkdown = (path: string): boolean => /\.(?:md|markdown)$/i.test(path)

function keepIn({ chunks }: KeptText, maxBytes: number): TakeBytes {
  let left = maxBytes
  return (bytes) => {
    if (left > 0) chunks.push(Buffer.from(bytes.subarray(0, left)))
    left -= Math.min(left, bytes.length)
  }
}

/** Never half a letter at the end. Postgres stores no NUL. */
function cutText(bytes: Buffer): string {
  return new TextDecoder().decode(bytes, { stream: bytes.length === maxReadmeBytes }).replaceAll('\0', '')
}

/**
 * The path inside of the package; empty for what lies outside of its folder, which npm does not unpack. Windows reads a backslash as a slash and a
 * letter before a colon as a drive. Throws TarballEntryRefused.
 */
function packagePath(name: string): string {
  const slashed = name.replaceAll('\\', '/')
  if (name === '' || name.includes('\0')) throw new TarballEntryRefused(name, 'which is no name')
  if (slashed.startsWith('/') || /^[a-z]:/i.test(slashed)) throw new TarballEntryRefused(name, 'which is an absolute path')
  const segments = slashed.split('/')
  if (segments.includes('..')) throw new TarballEntryRefused(name, 'which leads out of the package')
  const real = segments.filter((segment) => segment !== '' && segment !== '.')
  // npm drops the first segment as it is written.
  return segments[0] === '.' ? real.join('/') : real.slice(1).join('/')
}

/** Equal for names that are one file on some machine: HFS+ and APFS compose letters, they and NTFS ignore case. */
const folded = (path: string): string => path.normalize('NFC').toLowerCase().toUpperCase().toLowerCase()
