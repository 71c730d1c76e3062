import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import { parsedVersion, type VersionRange } from './range.ts'

export const maxHops = 10

/** What a published transformer leads between, in both directions. */
export interface Link {
  /** `namespace/name:version`. */
  readonly name: string
  readonly from: VersionRange
  readonly to: VersionRange
}

/** What a path goes over. */
interface VersionMap {
  readonly versions: readonly string[]
  /** Pairs of neighbours that need no transformer. */
  readonly alike: ReadonlyMap<string, readonly string[]>
  readonly transformers: readonly Link[]
}

export interface Hop {
  readonly transformer: string
  readonly from: string
  readonly to: string
  readonly direction: 'forward' | 'backward'
}

/** One direction of a transformer. */
interface Way {
  readonly name: string
  readonly direction: Hop['direction']
  readonly range: VersionRange
  readonly sources: ReadonlySet<string>
  readonly targets: readonly string[]
}

/** A map whose ranges were held against all its versions, so that any number of paths can be looked for. */
export interface Routes {
  readonly versions: ReadonlySet<string>
  readonly alike: VersionMap['alike']
  readonly ways: readonly Way[]
}

/** In pieces: a hundred transformers of two thousand versions are seconds of nothing else. */
export async function routesOf({ versions, alike, transformers }: VersionMap): Promise<Routes> {
  const turn = new LoopTurn()
  const parsed = versions.map((version) => [version, parsedVersion(version)] as const)
  const within = async (range: VersionRange): Promise<string[]> => {
    if (turn.isOver) await turn.next()
    return parsed.flatMap(([version, read]) => (read && range.has(read) ? [version] : []))
  }
  const ways: Way[] = []
  for (const { name, from, to } of transformers) {
    const [lower, higher] = [await within(from), await within(to)]
    ways.push({ name, direction: 'forward', range: from, sources: new Set(lower), targets: higher })
    ways.push({ name, direction: 'backward', range: to, sources: new Set(higher), targets: lower })
  }
  return { versions: new Set(versions), alike, ways }
}

interface Reached {
  readonly hops: number
  /** How it was got to; absent for the first. */
  readonly by?: { readonly previous: string; readonly hop?: Hop }
}

/**
 * The fewest transformers that lead from one version to another, at most `maxHops`; neighbours that break nothing cost none. `undefined`: there is no
 * way. Breadth first, so that the first way found is a shortest one.
 */
export function findPath({ from, to }: { readonly from: string; readonly to: string }, routes: Routes): readonly Hop[] | undefined {
  const reached = new Map<string, Reached>([[from, { hops: 0 }]])
  const unused = new Set(routes.ways)
  let frontier = spread([from], reached, routes)
  for (let hops = 1; !reached.has(to) && hops <= maxHops && frontier.length > 0; hops += 1)
    frontier = spread(leap(frontier, { reached, hops, unused }, routes), reached, routes)
  return reached.has(to) ? traced(to, reached) : undefined
}

/** Also versions next to these that need no transformer. */
function spread(start: readonly string[], reached: Map<string, Reached>, { alike }: Routes): string[] {
  const open = [...start]
  for (const version of open) {
    const { hops = 0 } = reached.get(version) ?? {}
    for (const next of alike.get(version) ?? []) {
      if (reached.has(next)) continue
      reached.set(next, { hops, by: { previous: version } })
      open.push(next)
    }
  }
  return open
}

/** One transformer further. A way that was taken led to everything it leads to. */
function leap(
  frontier: readonly string[],
  { reached, hops, unused }: { readonly reached: Map<string, Reached>; readonly hops: number; readonly unused: Set<Way> },
  { versions }: Routes,
): string[] {
  const found: string[] = []
  for (const way of [...unused]) {
    // A version beyond those of the map may still be where a path begins.
    const start = frontier.find((version) => way.sources.has(version) || (!versions.has(version) && way.range.has(version)))
    if (start === undefined) continue
    unused.delete(way)
    for (const version of way.targets) {
      if (reached.has(version)) continue
      const hop = { transformer: way.name, from: start, to: version, direction: way.direction }
      reached.set(version, { hops, by: { previous: start, hop } })
      found.push(version)
    }
  }
  return found
}

function traced(to: string, reached: ReadonlyMap<string, Reached>): Hop[] {
  const hops: Hop[] = []
  for (let by = reached.get(to)?.by; by; by = reached.get(by.previous)?.by) if (by.hop) hops.unshift(by.hop)
  return hops
}
