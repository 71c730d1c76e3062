import { isOfFormat, type Named, nameKey, type OfferedArtifact, type OfferedVersion } from '../artifacts.queries.ts'
import { wantedRange } from '../wanted-range.ts'
import type { DependencyRow } from './edges.queries.ts'
import type { DependencyEdge } from './graph-views.ts'

/** A version of an artifact, and how far it is from where the walk began. */
export interface WalkedNode {
  readonly id: string
  readonly artifact: Pick<OfferedArtifact, 'artifactId' | 'namespace' | 'name' | 'format' | 'type'>
  readonly version: OfferedVersion
  readonly depth: number
}

export interface WalkSource {
  dependencies(versionIds: readonly string[], limit: number): Promise<readonly DependencyRow[]>
  /** Of those the caller may see. */
  artifacts(names: readonly Named[]): Promise<readonly OfferedArtifact[]>
}

export interface Bounds {
  readonly depth: number
  readonly nodes: number
}

const edgesPerNode = 10

export interface Walked {
  readonly nodes: readonly WalkedNode[]
  readonly edges: readonly DependencyEdge[]
  readonly cut: boolean
}

export const nodeId = ({ namespace, name }: Pick<Named, 'namespace' | 'name'>, version: string): string => `${namespace}/${name}@${version}`

/** What a version needs, breadth first: every range is answered by the one version that a client would take. */
export async function walkDependencies(source: WalkSource, root: Omit<WalkedNode, 'id' | 'depth'>, bounds: Bounds): Promise<Walked> {
  const walk = new DependencyWalk(source, bounds)
  return walk.from({ ...root, id: nodeId(root.artifact, root.version.version), depth: 0 })
}

class DependencyWalk {
  readonly #source: WalkSource
  readonly #bounds: Bounds
  readonly #nodes = new Map<string, WalkedNode>()
  readonly #edges: DependencyEdge[] = []
  readonly #artifacts = new Map<string, readonly OfferedArtifact[]>()
  #cut = false

  constructor(source: WalkSource, bounds: Bounds) {
    this.#source = source
    this.#bounds = bounds
  }

  async from(root: WalkedNode): Promise<Walked> {
    this.#nodes.set(root.version.id, root)
    for (let frontier = [root]; frontier.length > 0; ) frontier = await this.#step(frontier)
    return { nodes: [...this.#nodes.values()], edges: this.#edges, cut: this.#cut }
  }

  async #step(frontier: readonly WalkedNode[]): Promise<WalkedNode[]> {
    const room = this.#bounds.nodes * edgesPerNode - this.#edges.length
    const rows = await this.#source.dependencies(
      frontier.map(({ version }) => version.id),
      room + 1,
    )
    if (rows.length > room) this.#cut = true
    const taken = rows.slice(0, room)
    await this.#load(taken)
    const next: WalkedNode[] = []
    for (const row of taken) {
      const from = this.#nodes.get(row.versionId)
      const fresh = from && this.#follow(from, row)
      if (fresh) next.push(fresh)
    }
    return next
  }

  /** Answers the node that was reached for the first time. */
  #follow(from: WalkedNode, { namespace, name, format, range, kind, optional }: DependencyRow): WalkedNode | undefined {
    const say = (state: string, to: string | null) =>
      void this.#edges.push({ from: from.id, to, namespace, name, range, kind, optional, state })
    const wanted = wantedRange(range)
    if (wanted.isForeign) return say('external', null)
    const found = (this.#artifacts.get(nameKey({ namespace, name })) ?? []).filter((one) => isOfFormat(format, one))
    if (found.length === 0) return say('unknown', null)
    const chosen = found.flatMap((artifact) => {
      const version = wanted.choose(artifact.versions, artifact.tags)
      return version ? [{ artifact, version }] : []
    })[0]
    if (!chosen) return say('unsatisfied', null)
    const id = nodeId(chosen.artifact, chosen.version.version)
    if (this.#nodes.has(chosen.version.id)) return say('resolved', id)
    if (from.depth >= this.#bounds.depth || this.#nodes.size >= this.#bounds.nodes) {
      this.#cut = true
      return say('cut', null)
    }
    say('resolved', id)
    const node = { ...chosen, id, depth: from.depth + 1 }
    this.#nodes.set(chosen.version.id, node)
    return node
  }

  async #load(rows: readonly DependencyRow[]): Promise<void> {
    const unknown = new Map(rows.map((row) => [nameKey(row), row]))
    for (const key of this.#artifacts.keys()) unknown.delete(key)
    for (const key of unknown.keys()) this.#artifacts.set(key, [])
    for (const artifact of await this.#source.artifacts([...unknown.values()])) {
      const key = nameKey(artifact)
      this.#artifacts.set(key, [...(this.#artifacts.get(key) ?? []), artifact])
    }
  }
}

/** Takes away what nothing that is left leads to, as long as there is any; what is left then is in a ring or behind one. */
export function hasCycle(edges: readonly Pick<DependencyEdge, 'from' | 'to'>[]): boolean {
  const resolved = edges.flatMap(({ from, to }) => (to === null ? [] : [{ from, to }]))
  const out = Map.groupBy(resolved, ({ from }) => from)
  const incoming = new Map([...Map.groupBy(resolved, ({ to }) => to)].map(([to, some]) => [to, some.length]))
  const left = new Set(resolved.flatMap(({ from, to }) => [from, to]))
  const free = [...left].filter((node) => !incoming.has(node))
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    left.delete(node)
    for (const { to } of out.get(node) ?? []) {
      const count = (incoming.get(to) ?? 0) - 1
      incoming.set(to, count)
      if (count === 0) free.push(to)
    }
  }
  return left.size > 0
}
