import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import { isOfFormat, type Named, type OfferedArtifact } from '../artifacts.queries.ts'
import { wantedRange } from '../wanted-range.ts'
import type { Bounds } from './dependency-walk.ts'
import type { VersionDependantRow } from './edges.queries.ts'
import { KnownArtifacts } from './known-artifacts.ts'

/** What the caller may see of who depends on what. */
export interface ImpactSource {
  dependants(targets: readonly Named[], limit: number): Promise<readonly VersionDependantRow[]>
  artifacts(names: readonly Named[]): Promise<readonly OfferedArtifact[]>
}

/** A version that something would be missing for. */
export interface Hit {
  readonly row: VersionDependantRow
  readonly depth: number
}

export interface Impact {
  /** Versions that could not be installed any more. */
  readonly broken: readonly Hit[]
  /** Versions that would lose something optional, and can do without. */
  readonly degraded: readonly Hit[]
  readonly cut: boolean
}

const rowsPerNode = 10

/**
 * What is missing when versions go. A version breaks when it requires something of which a version fits now, and none that fits is left that is not
 * gone or broken itself. The smallest set of which that is true, so versions that need each other in a ring hold each other up; round by round, so
 * that the depth is the length of the shortest chain of breaks.
 */
export function impactOf(
  source: ImpactSource,
  gone: { readonly artifact: Named & { readonly artifactId: string }; readonly versions: readonly string[] },
  bounds: Bounds,
): Promise<Impact> {
  return new ImpactSearch(source, bounds).of(gone)
}

class ImpactSearch {
  readonly #source: ImpactSource
  readonly #bounds: Bounds
  readonly #gone = new Map<string, Set<string>>()
  readonly #broken = new Map<string, Hit>()
  readonly #degraded = new Map<string, Hit>()
  readonly #rows = new Map<string, readonly VersionDependantRow[]>()
  readonly #known: KnownArtifacts
  /** Versions by artifact and range. */
  readonly #taken = new Map<string, readonly string[]>()
  readonly #turn = new LoopTurn()
  #cut = false

  constructor(source: ImpactSource, bounds: Bounds) {
    this.#source = source
    this.#bounds = bounds
    this.#known = new KnownArtifacts((names) => source.artifacts(names))
  }

  async of({ artifact, versions }: Parameters<typeof impactOf>[1]): Promise<Impact> {
    this.#gone.set(artifact.artifactId, new Set(versions))
    let frontier: readonly Named[] = [artifact]
    for (let depth = 1; frontier.length > 0; depth += 1) {
      // Of what broke, more than is shown; beside it stands what was gone before.
      if (this.#gone.size > this.#bounds.nodes + 1) {
        this.#cut = true
        break
      }
      const hits = await this.#round(frontier, depth)
      if (depth > this.#bounds.depth) {
        this.#cut ||= hits.length > 0
        break
      }
      for (const hit of hits) this.#fall(hit)
      frontier = [...new Map(hits.map(({ row }) => [row.artifactId, row])).values()]
    }
    const degraded = [...this.#degraded.values()].filter(({ row }) => !this.#broken.has(row.versionId))
    return { broken: [...this.#broken.values()], degraded, cut: this.#cut || this.#known.isCut }
  }

  /** Everything that breaks by what was gone before the round. */
  async #round(frontier: readonly Named[], depth: number): Promise<Hit[]> {
    await this.#load(frontier)
    const hits = new Map<string, Hit>()
    for (const row of frontier.flatMap((named) => this.#rows.get(keyOf(named)) ?? [])) {
      if (this.#turn.isOver) await this.#turn.next()
      if (this.#isOut(row) || !this.#loses(row)) continue
      if (row.optional) this.#degrade(row, depth)
      else hits.set(row.versionId, hits.get(row.versionId) ?? { row, depth })
    }
    return [...hits.values()]
  }

  #isOut({ versionId, artifactId, version }: VersionDependantRow): boolean {
    return this.#broken.has(versionId) || (this.#gone.get(artifactId)?.has(version) ?? false)
  }

  #degrade(row: VersionDependantRow, depth: number): void {
    if (depth <= this.#bounds.depth && !this.#degraded.has(row.versionId)) this.#degraded.set(row.versionId, { row, depth })
  }

  #fall(hit: Hit): void {
    const { versionId, artifactId, version } = hit.row
    this.#broken.set(versionId, hit)
    const gone = this.#gone.get(artifactId) ?? new Set()
    this.#gone.set(artifactId, gone.add(version))
  }

  #loses({ target, range, wantedFormat }: VersionDependantRow): boolean {
    let had = false
    for (const artifact of this.#known.named(target) ?? []) {
      if (!isOfFormat(wantedFormat, artifact)) continue
      const gone = this.#gone.get(artifact.artifactId)
      for (const version of this.#takenOf(artifact, range)) {
        if (!gone?.has(version)) return false
        had = true
      }
      // One that is not told may fit.
      if (artifact.hasMore) this.#cut = true
    }
    return had
  }

  #takenOf(artifact: OfferedArtifact, range: string): readonly string[] {
    const key = `${artifact.artifactId} ${range}`
    const known = this.#taken.get(key)
    if (known) return known
    if (!this.#known.mayCompare) return []
    const wanted = wantedRange(range)
    const all = [...artifact.versions, ...artifact.beside]
    const taken = all.map(({ version }) => version).filter((version) => wanted.takes(version))
    this.#known.compared(all.length)
    this.#taken.set(key, taken)
    return taken
  }

  async #load(frontier: readonly Named[]): Promise<void> {
    const unknown = frontier.filter((named) => !this.#rows.has(keyOf(named)))
    if (unknown.length === 0) return
    const limit = this.#bounds.nodes * rowsPerNode
    const rows = await this.#source.dependants(unknown, limit + 1)
    if (rows.length > limit) this.#cut = true
    const byTarget = Map.groupBy(rows.slice(0, limit), ({ target }) => keyOf(target))
    for (const named of unknown) this.#rows.set(keyOf(named), byTarget.get(keyOf(named)) ?? [])
    await this.#known.load(unknown)
  }
}

const keyOf = ({ namespace, name, format }: Named): string => `${format} ${namespace}/${name}`
