import { distinctNames, isOfFormat, type Named, nameKey, type OfferedArtifact, type OfferedVersion } from '../artifacts.queries.ts'
import { type WantedRange, wantedRange } from '../wanted-range.ts'

type Load = (names: readonly Named[]) => Promise<readonly OfferedArtifact[]>

/** What answers a range, or why nothing does. */
export type Answer =
  | { readonly artifact: OfferedArtifact; readonly version: OfferedVersion }
  | 'external'
  | 'unknown'
  | 'unsatisfied'
  | 'cut'

/** Artifacts that are read at a time: a document of some megabytes is dear to parse in one go. */
const chunkSize = 50
/** Versions that one answer keeps in memory. */
const maxVersions = 100_000
/** Versions that one answer compares with ranges. */
const maxCompared = 500_000

/** What an answer was made of so far, by name, within what an answer may cost; `isCut` says that it was not enough. */
export class KnownArtifacts {
  readonly #load: Load
  readonly #byName = new Map<string, readonly OfferedArtifact[]>()
  #kept = 0
  #compared = 0
  #isCut = false

  constructor(load: Load) {
    this.#load = load
  }

  get isCut(): boolean {
    return this.#isCut
  }

  /** Whatever bears the name; `undefined`: nobody looked. */
  named(named: Pick<Named, 'namespace' | 'name'>): readonly OfferedArtifact[] | undefined {
    return this.#byName.get(nameKey(named))
  }

  async load(names: readonly Named[]): Promise<void> {
    const unknown = distinctNames(names).filter((named) => !this.named(named))
    for (let at = 0; at < unknown.length; at += chunkSize) {
      if (this.#kept >= maxVersions) {
        this.#isCut = true
        return
      }
      const chunk = unknown.slice(at, at + chunkSize)
      const found = Map.groupBy(await this.#load(chunk), nameKey)
      for (const named of chunk) this.#byName.set(nameKey(named), found.get(nameKey(named)) ?? [])
      for (const artifact of [...found.values()].flat()) this.#kept += artifact.versions.length + artifact.beside.length
    }
  }

  /** Asked before versions are compared with a range, which is then told by `compared`. */
  get mayCompare(): boolean {
    this.#isCut ||= this.#compared >= maxCompared
    return this.#compared < maxCompared
  }

  compared(versions: number): void {
    this.#compared += versions
  }

  /** The first that bears the name answers; when it cannot be told what it answers, nobody else is asked. */
  answer({ range, ...named }: Named & { readonly range: string }): Answer {
    const wanted = wantedRange(range)
    if (wanted.isForeign) return 'external'
    const bearers = this.named(named)
    if (!bearers) return 'cut'
    const found = bearers.filter((one) => isOfFormat(named.format, one))
    for (const artifact of found) {
      const version = this.choose(artifact, wanted)
      if (version === 'cut') return 'cut'
      if (version) return { artifact, version }
    }
    return found.length === 0 ? 'unknown' : 'unsatisfied'
  }

  /** What a client would take; `cut`: it may be one that nobody looked at. */
  choose(artifact: OfferedArtifact, wanted: WantedRange): OfferedVersion | 'cut' | undefined {
    if (!this.mayCompare) return 'cut'
    const version = wanted.choose(artifact)
    this.compared(typeof version === 'object' ? artifact.versions.indexOf(version) + 1 : artifact.versions.length)
    return version
  }
}
