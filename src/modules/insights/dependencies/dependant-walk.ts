import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { Named } from '../artifacts.queries.ts'
import { wantedRange } from '../wanted-range.ts'
import type { Bounds } from './dependency-walk.ts'
import { nodeId } from './dependency-walk.ts'
import type { DependantRow } from './edges.queries.ts'
import type { DependantNode } from './graph-views.ts'

/** Where a walk begins. `versions` null: whatever is taken of it counts. */
export interface WalkRoot {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly versions: readonly string[] | null
}

/** Dependants of these that the caller may see. */
export type DependantSource = (targets: readonly Named[], limit: number) => Promise<readonly DependantRow[]>

export interface WalkedDependants {
  readonly dependants: readonly DependantNode[]
  readonly cut: boolean
}

interface Reached {
  readonly versions: readonly string[] | null
  readonly path: readonly string[]
  readonly optional: boolean
}

const rowsPerNode = 10

/** Who depends on the roots, breadth first, by the highest version of each: a dependant is one of the next when its range takes what came before. */
export async function walkDependants(source: DependantSource, roots: readonly WalkRoot[], bounds: Bounds): Promise<WalkedDependants> {
  const seen = new Set(roots.map(({ artifactId }) => artifactId))
  const found: DependantNode[] = []
  let cut = false
  let frontier = new Map<string, Reached>(roots.map((root) => [keyOf(root), reachedAt(root)]))
  for (let targets: readonly Named[] = roots, depth = 1; targets.length > 0; depth += 1) {
    const limit = bounds.nodes * rowsPerNode
    const rows = await source(targets, limit + 1)
    const next = await nextLevel(rows.slice(0, limit), { frontier, seen, depth })
    // One level deeper is looked at only to know whether there is more.
    const level = depth > bounds.depth ? [] : next.slice(0, bounds.nodes - found.length)
    cut ||= rows.length > limit || level.length < next.length
    found.push(...level)
    for (const { artifactId } of level) seen.add(artifactId)
    frontier = new Map(level.map((node) => [keyOf(node), { versions: [node.version], path: node.path, optional: node.optional }]))
    targets = level
  }
  return { dependants: found, cut }
}

interface Level {
  readonly frontier: ReadonlyMap<string, Reached>
  readonly seen: ReadonlySet<string>
  readonly depth: number
}

/** Those who were not reached before; what is required counts before what is optional. */
async function nextLevel(rows: readonly DependantRow[], { frontier, seen, depth }: Level): Promise<DependantNode[]> {
  const turn = new LoopTurn()
  const next = new Map<string, DependantNode>()
  for (const row of rows) {
    if (turn.isOver) await turn.next()
    const before = frontier.get(keyOf(row.target))
    if (!before || seen.has(row.artifactId) || !takesAny(row.range, before.versions)) continue
    const node = nodeOf(row, { before, depth })
    const known = next.get(row.artifactId)
    if (!known || (known.optional && !node.optional)) next.set(row.artifactId, node)
  }
  return [...next.values()]
}

const keyOf = ({ namespace, name, format }: Named): string => `${format} ${namespace}/${name}`

/** Ways begin with the version that counts, when it is one. */
const reachedAt = ({ versions, namespace, name }: WalkRoot): Reached => ({
  ...{ versions, optional: false },
  path: [versions?.length === 1 && versions[0] !== undefined ? nodeId({ namespace, name }, versions[0]) : `${namespace}/${name}`],
})

const takesAny = (range: string, versions: readonly string[] | null): boolean =>
  versions === null || versions.some((version) => wantedRange(range).takes(version))

interface Step {
  readonly before: Reached
  readonly depth: number
}

function nodeOf(row: DependantRow, { before, depth }: Step): DependantNode {
  const { artifactId, namespace, name, format, type, version, range, kind } = row
  const path = [...before.path, nodeId(row, version)]
  return { artifactId, namespace, name, format, type, version, depth, range, kind, optional: row.optional || before.optional, path }
}

export function countByDepth(nodes: readonly { readonly depth: number }[]): { depth: number; artifacts: number }[] {
  const counts = new Map<number, number>()
  for (const { depth } of nodes) counts.set(depth, (counts.get(depth) ?? 0) + 1)
  return [...counts].sort(([left], [right]) => left - right).map(([depth, artifacts]) => ({ depth, artifacts }))
}
