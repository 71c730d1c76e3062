import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import { type Named, nameKey, type OfferedArtifact, type OfferedVersion } from '../artifacts.queries.ts'
import type { DependencyRow } from './edges.queries.ts'
import type { DependencyEdge } from './graph-views.ts'
import { type Answer, KnownArtifacts } from './known-artifacts.ts'

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
  readonly #known: KnownArtifacts
  /** By name, format and range: most things are wanted by many. */
  readonly #choices = new Map<string, Answer>()
  readonly #turn = new LoopTurn()
  #cut = false

  constructor(source: WalkSource, bounds: Bounds) {
    this.#source = source
    this.#bounds = bounds
    this.#known = new KnownArtifacts((names) => source.artifacts(names))
  }

  async from(root: WalkedNode): Promise<Walked> {
    this.#nodes.set(root.version.id, root)
    for (let frontier = [root]; frontier.length > 0; ) frontier = await this.#step(frontier)
    return { nodes: [...this.#nodes.values()], edges: this.#edges, cut: this.#cut || this.#known.isCut }
  }

  async #step(frontier: readonly WalkedNode[]): Promise<WalkedNode[]> {
    const room = this.#bounds.nodes * edgesPerNode - this.#edges.length
    const rows = await this.#source.dependencies(
      frontier.map(({ version }) => version.id),
      room + 1,
    )
    if (rows.length > room) this.#cut = true
    const taken = rows.slice(0, room)
    await this.#known.load(taken.map((row) => ({ ...row, exact: [row.range] })))
    const next: WalkedNode[] = []
    for (const row of taken) {
      if (this.#turn.isOver) await this.#turn.next()
      const from = this.#nodes.get(row.versionId)
      const fresh = from && this.#follow(from, row)
      if (fresh) next.push(fresh)
    }
    return next
  }

  /** Answers the node that was reached for the first time. */
  #follow(from: WalkedNode, row: DependencyRow): WalkedNode | undefined {
    const { namespace, name, range, kind, optional } = row
    const say = (state: string, to: string | null) =>
      void this.#edges.push({ from: from.id, to, namespace, name, range, kind, optional, state })
    const chosen = this.#choice(row)
    if (chosen === 'cut') this.#cut = true
    if (typeof chosen === 'string') return say(chosen, null)
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

  #choice(row: DependencyRow): Answer {
    const key = `${nameKey(row)} ${row.format} ${row.range}`
    const choice = this.#choices.get(key) ?? this.#known.answer(row)
    this.#choices.set(key, choice)
    return choice
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
