import { type Named, nameKey, type OfferedArtifact } from '../artifacts.queries.ts'

type Load = (names: readonly Named[]) => Promise<readonly OfferedArtifact[]>

/** Artifacts that are read at a time: a document of some megabytes is dear to parse in one go. */
const chunkSize = 50
/** Versions that one walk keeps in memory. */
const maxVersions = 100_000
/** Versions that one walk compares with ranges. */
const maxCompared = 500_000

/** What a walk has met, by name, within what a walk may cost; `isCut` says that it was not enough. */
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
    const unknown = [...new Map(names.map((named) => [nameKey(named), named])).values()].filter((named) => !this.named(named))
    for (let at = 0; at < unknown.length; at += chunkSize) {
      if (this.#kept >= maxVersions) {
        this.#isCut = true
        return
      }
      const chunk = unknown.slice(at, at + chunkSize)
      const found = Map.groupBy(await this.#load(chunk), nameKey)
      for (const named of chunk) this.#byName.set(nameKey(named), found.get(nameKey(named)) ?? [])
      for (const artifact of [...found.values()].flat()) this.#kept += artifact.versions.length
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
}
