import semver from 'semver'
import { readVersion } from '../diff/bumps.ts'

/** A version that is asked about many ranges is parsed once. `undefined`: it is no semver. */
export function parsedVersion(version: string): semver.SemVer | undefined {
  const read = readVersion(version)
  return read && (semver.parse(read.text) ?? undefined)
}

/** Ranges are parsed once, and pre-releases are versions like others: a graph has them. */
export class VersionRange {
  readonly text: string
  readonly #range: semver.Range

  constructor(text: string) {
    this.text = text
    this.#range = new semver.Range(text, { includePrerelease: true })
  }

  has(version: string | semver.SemVer): boolean {
    const parsed = typeof version === 'string' ? parsedVersion(version) : version
    return parsed !== undefined && this.#range.test(parsed)
  }
}
