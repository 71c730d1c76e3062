import semver from 'semver'

export interface Candidate {
  readonly version: string
  readonly deprecated: boolean
}

const tagName = /^[A-Za-z_][\w.-]{0,127}$/
const maxKept = 5_000
const kept = new Map<string, WantedRange>()

/** The same few ranges are asked about again and again. */
export function wantedRange(text: string): WantedRange {
  let found = kept.get(text)
  if (!found) {
    if (kept.size >= maxKept) kept.clear()
    found = new WantedRange(text)
    kept.set(text, found)
  }
  return found
}

/** What a dependency asks for: a range of semver, a tag, or something that no version of ours answers to. */
export class WantedRange {
  readonly text: string
  /** A URL, a folder, a version that nobody can read: nothing here is what it means. */
  readonly isForeign: boolean
  readonly isTag: boolean
  readonly #range: semver.Range | undefined

  constructor(text: string) {
    this.text = text.trim()
    this.#range = isAnything(this.text) ? undefined : parsed(this.text)
    this.isTag = !this.#range && !isAnything(this.text) && tagName.test(this.text)
    this.isForeign = !this.#range && !isAnything(this.text) && !this.isTag
  }

  /** A tag may move to any version. */
  takes(version: string): boolean {
    if (this.isForeign) return false
    return !this.#range || version === this.text || this.#range.test(version)
  }

  /**
   * Of versions, highest first: the one the tag points to; else the highest that is taken, releases before pre-releases and deprecated ones last.
   */
  choose<C extends Candidate>(candidates: readonly C[], tags: ReadonlyMap<string, string> = new Map()): C | undefined {
    const tagged = this.isTag ? tags.get(this.text) : undefined
    if (this.isTag) return candidates.find(({ version }) => version === (tagged ?? this.text))
    const taken = candidates.filter(({ version }) => this.takes(version))
    return (
      taken.find(({ version, deprecated }) => !deprecated && (this.#range !== undefined || isRelease(version))) ??
      taken.find(({ version }) => isRelease(version)) ??
      taken[0]
    )
  }
}

const isAnything = (text: string): boolean => text === '' || text === '*' || text === 'x'
const isRelease = (version: string): boolean => (semver.prerelease(version) ?? []).length === 0

function parsed(text: string): semver.Range | undefined {
  return semver.validRange(text) === null ? undefined : new semver.Range(text)
}
