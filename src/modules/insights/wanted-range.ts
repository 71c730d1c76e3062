import semver from 'semver'

export interface Candidate {
  readonly version: string
  readonly deprecated: boolean
}

export interface Offer<C extends Candidate> {
  /** Highest first, releases before pre-releases where not all are told. */
  readonly versions: readonly C[]
  /** There are others, lower than the releases and lower than the pre-releases that are told. */
  readonly hasMore: boolean
  /** Some of those others. */
  readonly beside: readonly C[]
  readonly tags: ReadonlyMap<string, string>
  readonly format: string
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
   * The one the tag points to; of a package of npm the one `latest` points to, when it is taken and not deprecated; else the highest that is taken,
   * releases before pre-releases and deprecated ones last. `cut`: it may be one that is not told.
   */
  choose<C extends Candidate>({ versions, hasMore, beside, tags, format }: Offer<C>): C | 'cut' | undefined {
    const named = (name: string) => [versions, beside].flatMap((some) => some.find(({ version }) => version === name) ?? [])[0]
    const nothing = hasMore ? 'cut' : undefined
    if (this.isTag) return named(tags.get(this.text) ?? this.text) ?? nothing
    const latest = format === 'npm' ? tags.get('latest') : undefined
    const preferred = latest === undefined ? undefined : named(latest)
    if (preferred && !preferred.deprecated && this.takes(preferred.version)) return preferred
    const highest = this.#highest(versions)
    if (!hasMore || this.#isBest(highest)) return highest
    return (this.#isExact ? named(this.text) : undefined) ?? nothing
  }

  /** Nothing that is not told could be taken before it. */
  #isBest(highest: Candidate | undefined): boolean {
    return highest !== undefined && !highest.deprecated && !this.#namesPrereleaseAbove(highest.version)
  }

  /** Of a release: releases that are not told are lower, but pre-releases need not be. */
  #namesPrereleaseAbove(version: string): boolean {
    if (!this.#range || !isRelease(version)) return false
    const named = this.#range.set
      .flat()
      .filter(({ operator, semver: { prerelease = [] } }) => prerelease.length > 0 && !isBelow(operator, prerelease))
    return named.some(({ semver: { major, minor, patch } }) => semver.gt(`${major}.${minor}.${patch}`, version))
  }

  get #isExact(): boolean {
    return semver.valid(this.text) !== null
  }

  /** From the top: most ranges take one of the first. */
  #highest<C extends Candidate>(versions: readonly C[]): C | undefined {
    let release: C | undefined
    let any: C | undefined
    for (const one of versions) {
      if (!this.takes(one.version)) continue
      if (!one.deprecated && (this.#range !== undefined || isRelease(one.version))) return one
      any ??= one
      if (isRelease(one.version)) release ??= one
    }
    return release ?? any
  }
}

/** `<2.0.0-0`, which `^1.0.0` stands for: no pre-release is lower. */
const isBelow = (operator: string, [first]: readonly (string | number)[]): boolean => operator === '<' && first === 0
const isAnything = (text: string): boolean => text === '' || text === '*' || text === 'x'
const isRelease = (version: string): boolean => (semver.prerelease(version) ?? []).length === 0

function parsed(text: string): semver.Range | undefined {
  return semver.validRange(text) === null ? undefined : new semver.Range(text)
}
