import type { Cataloger, Component } from '../analysis.contract.ts'
import { MergedFiles } from './walk/merged-files.ts'

const maxFileBytes = 100_663_296
const maxTotalBytes = 268_435_456

/** The files that catalogers want, of the merged file system, within the memory of the child. */
export class CataloguedFiles {
  readonly #merged = new MergedFiles<Buffer>()
  readonly #catalogers: readonly Cataloger[]
  #totalBytes = 0

  constructor(catalogers: readonly Cataloger[]) {
    this.#catalogers = catalogers
  }

  /** Undefined when nobody wants it. */
  wants(path: string, sizeBytes: number): 'yes' | 'too large' | undefined {
    if (!isOsRelease(path) && !this.#catalogers.some((cataloger) => cataloger.wants(path))) return undefined
    return sizeBytes <= maxFileBytes && this.#totalBytes + sizeBytes <= maxTotalBytes ? 'yes' : 'too large'
  }

  names(path: string, type: string): void {
    this.#merged.names(path, type)
  }

  keep(path: string, content: Buffer): void {
    const askers = this.#catalogers.filter((cataloger) => cataloger.wants(path))
    if (!isOsRelease(path) && !askers.some((cataloger) => cataloger.keeps?.(content) ?? true)) return
    this.#totalBytes += content.length
    this.#merged.set(path, content)
  }

  endLayer(): void {
    this.#merged.endLayer()
  }

  catalog(): Component[] {
    const files = this.#merged.files()
    const osRelease = readOsRelease(files.get('etc/os-release') ?? files.get('usr/lib/os-release'))
    return this.#catalogers.flatMap((cataloger) => {
      const wanted = new Map([...files].filter(([path]) => cataloger.wants(path)))
      return wanted.size === 0 ? [] : cataloger.catalog(wanted, { osRelease })
    })
  }
}

const isOsRelease = (path: string): boolean => path === 'etc/os-release' || path === 'usr/lib/os-release'

/** `KEY=value` or `KEY="value"` (os-release(5)). */
function readOsRelease(content: Buffer | undefined): Map<string, string> {
  const pairs = (content?.toString('utf8') ?? '').split('\n').map((line) => /^([A-Z_0-9]+)=(["']?)(.*)\2\s*$/.exec(line))
  return new Map(pairs.flatMap((match) => (match ? [[match[1] ?? '', match[3] ?? '']] : [])))
}
