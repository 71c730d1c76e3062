import { AuditTooLarge } from './errors.ts'

/** Of one request, over all packages: the largest lockfiles have a fifth of it. */
const maxVersions = 50_000
const maxVersionLength = 256
/** Packages of the early days have names that are refused today. */
const name = /^(?:@[\w.~!'()*-]{1,213}\/)?[\w.~!'()*-]{1,214}$/

export const isPackageName = (text: string): boolean => text.length <= 214 && name.test(text)

/** What an audit asks about: the versions of each package, once each. */
export class AuditedPackages {
  readonly versions = new Map<string, string[]>()
  readonly #known = new Set<string>()

  /** What no package can be called has no advisories; it is passed over. Throws AuditTooLarge. */
  add(packageName: string, version: unknown): void {
    if (typeof version !== 'string' || version.length > maxVersionLength || !isPackageName(packageName)) return
    const key = `${packageName}@${version}`
    if (this.#known.has(key)) return
    if (this.#known.size >= maxVersions) throw new AuditTooLarge(maxVersions)
    this.#known.add(key)
    const versions = this.versions.get(packageName)
    if (versions) versions.push(version)
    else this.versions.set(packageName, [version])
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
