import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Events } from '../../../shared/kernel/events.ts'
import type { Version } from '../../metadata/contract.ts'
import type { Records } from '../../metadata/records.contract.ts'
import { readVersion } from '../diff/bumps.ts'
import { VersionRecorded } from '../events.contract.ts'
import { gtypeHashOf, symbolsOf } from '../gtype/symbols.ts'
import type { EdgeWriter, NamedArtifact } from './edge-writer.ts'
import { type GraphNode, standingOf } from './node.ts'
import { holdGraph, insertNode, neighboursOf, nodeOfVersion, nodesOfTag, setTagStates, withdraw } from './nodes.queries.ts'
import { type TagMove, tagMoves } from './tag-moves.queries.ts'
import { isRecordable, unrecordedBelow } from './upkeep.queries.ts'

export interface RecorderDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly records: Records
}

interface TagNodes {
  readonly known: readonly GraphNode[]
  readonly fresh: readonly GraphNode[]
}

/**
 * Keeps the graph what the names of the registry say, in whatever order and however often events arrive: every method reads what is so now. A version
 * that comes in between two others costs the edges of its neighbours, however many versions there are.
 */
export class Recorder {
  readonly #deps: RecorderDeps
  readonly #edges: EdgeWriter

  constructor(deps: RecorderDeps, edges: EdgeWriter) {
    this.#deps = deps
    this.#edges = edges
  }

  /** A version of the artifact is there, or is no more. */
  async recordVersion(artifactId: string, versionId: string): Promise<void> {
    const { database, transaction, records } = this.#deps
    await transaction.run(async () => {
      // Read behind the lock, with which it travels: it may have been deleted while this waited.
      const [, version, artifact] = await Promise.all([
        holdGraph(database, artifactId),
        records.version(versionId),
        records.artifact(artifactId),
      ])
      if (!artifact || version?.artifactId !== artifactId) return
      if (version.state === 'deleted') await this.#leave(await nodeOfVersion(database, versionId), artifact)
      else if (await this.#isRecordable(version)) await this.#enterFrom(version, artifact)
    })
  }

  /** A tag of an image that reads as a version was moved, set or taken away: every manifest it pointed to is a node, the last one counts. */
  async recordTag(artifactId: string, tag: string): Promise<void> {
    if (!readVersion(tag)) return
    const { database, transaction, records } = this.#deps
    await transaction.run(async () => {
      const artifact = await records.artifact(artifactId)
      if (artifact?.format !== 'oci') return
      await holdGraph(database, artifactId)
      const moves = await tagMoves(database, artifactId, tag)
      const targets = new Map(moves.filter(({ digest }) => digest !== null).map(({ digest, at }) => [String(digest), at]))
      const current = moves.at(-1)?.digest ?? null
      const known = await nodesOfTag(database, { artifactId, tag, current })
      const knownDigests = new Set(known.map(({ manifestDigest }) => manifestDigest))
      const fresh: GraphNode[] = []
      for (const [digest, at] of targets)
        if (!knownDigests.has(digest)) fresh.push(...(await this.#enterTag({ artifact, tag, digest, at })))
      await this.#follow(artifact, { tag, moves, fresh, known })
    })
  }

  async #isRecordable({ id, state }: Version): Promise<boolean> {
    if (state === 'pending') return false
    return state !== 'quarantined' || isRecordable(this.#deps.database, id)
  }

  /** Versions right below it that nobody recorded yet come first: their events are on the way, and edges past them would tell what is not so. */
  async #enterFrom(version: Version, artifact: NamedArtifact): Promise<void> {
    const { database, records } = this.#deps
    for (const id of await unrecordedBelow(database, version)) {
      const lower = await records.version(id)
      if (lower) await this.#enter(lower, artifact)
    }
    await this.#enter(version, artifact)
  }

  async #enter(version: Version, artifact: NamedArtifact): Promise<void> {
    const { database } = this.#deps
    const { id: versionId, artifactId, manifestDigest, publishedAt } = version
    const gtypeHash = gtypeHashOf(symbolsOf(version.metadata))
    const node = { ...standingOf(version.version), artifactId, versionId, manifestDigest, gtypeHash, publishedAt, state: 'live' as const }
    const inserted = await insertNode(database, node, artifact.name)
    if (!inserted) return
    if (!inserted.isFirst) await this.#connect(inserted.node, artifact)
    await this.#announce(inserted.node, artifact, inserted.isFirst)
  }

  async #leave(node: GraphNode | undefined, artifact: NamedArtifact): Promise<void> {
    if (!node || node.state === 'deleted') return
    await withdraw(this.#deps.database, node.id)
    for (const neighbour of await neighboursOf(this.#deps.database, node)) await this.#edges.readopt(neighbour, artifact)
  }

  async #enterTag(of: {
    readonly artifact: NamedArtifact
    readonly tag: string
    readonly digest: string
    readonly at: string
  }): Promise<GraphNode[]> {
    const { artifact, tag, digest, at } = of
    const facts = { artifactId: artifact.id, versionId: null, manifestDigest: digest, gtypeHash: null, publishedAt: at }
    const inserted = await insertNode(this.#deps.database, { ...standingOf(tag), ...facts, state: 'superseded' }, artifact.name)
    return inserted ? [inserted.node] : []
  }

  /** The node of the current manifest is the live one, each node before it is superseded by the one after. */
  async #follow(
    artifact: NamedArtifact,
    { tag, moves, fresh, known }: TagNodes & { readonly tag: string; readonly moves: readonly TagMove[] },
  ): Promise<void> {
    const { database } = this.#deps
    const nodes = [...known, ...fresh].toSorted((one, other) => Date.parse(one.publishedAt) - Date.parse(other.publishedAt))
    const live = nodes.find(({ manifestDigest }) => manifestDigest === moves.at(-1)?.digest)
    const wasLive = nodes.find(({ state }) => state === 'live')
    if (live?.id === wasLive?.id && fresh.length === 0) return
    await setTagStates(database, { artifactId: artifact.id, tag }, live?.id ?? null)
    await this.#supersede(nodes, { moves, fresh }, artifact)
    // All nodes of a tag have one place among the others, so that the two it concerns are enough.
    if (wasLive && wasLive !== live) await this.#reconnect(wasLive, artifact)
    if (live) await this.#connect({ ...live, state: 'live' }, artifact)
    const returned = live && live.id !== wasLive?.id && !fresh.includes(live) ? [live] : []
    for (const node of [...fresh, ...returned]) await this.#announce(node, artifact)
  }

  /** Move by move, because a tag can be moved back: those that are new, which are the last one and those to and from nodes that just came. */
  async #supersede(
    nodes: readonly GraphNode[],
    { moves, fresh }: { readonly moves: readonly TagMove[]; readonly fresh: readonly GraphNode[] },
    artifact: NamedArtifact,
  ): Promise<void> {
    for (const [at, { digest }] of moves.entries()) {
      const before = moves.slice(0, at).findLast((move) => move.digest !== null && move.digest !== digest)?.digest
      const from = nodes.find(({ manifestDigest }) => manifestDigest === before)
      const to = nodes.find(({ manifestDigest }) => manifestDigest === digest)
      const isNew = at === moves.length - 1 || fresh.some((node) => node === from || node === to)
      if (from && to && isNew) await this.#edges.connect({ from, to }, { kind: 'supersession', isTold: false }, artifact)
    }
  }

  async #connect(node: GraphNode, artifact: NamedArtifact): Promise<void> {
    await this.#edges.adopt(node, artifact)
    await this.#reconnect(node, artifact)
  }

  async #reconnect(node: GraphNode, artifact: NamedArtifact): Promise<void> {
    for (const neighbour of await neighboursOf(this.#deps.database, node)) await this.#edges.readopt(neighbour, artifact)
  }

  async #announce(node: GraphNode, { id, namespace, name, format }: NamedArtifact, isFirst = false): Promise<void> {
    const parent = isFirst ? undefined : await this.#parentOf(node)
    await this.#deps.events.emit(VersionRecorded, {
      ...(isFirst && { isFirst }),
      ...{ artifactId: id, namespace, name, format, version: node.version, manifestDigest: node.manifestDigest },
      ...{ parentVersion: parent?.version ?? null, edgeType: parent?.type ?? null },
    })
  }

  async #parentOf({ id }: GraphNode): Promise<{ readonly version: string; readonly type: string } | undefined> {
    const [parent] = await this.#deps.database.sql<{ version: string; type: string }>`select p.version, e.type from timescape_nodes n
      join timescape_nodes p on p.id = n.parent_id join timescape_edges e on e.from_id = p.id and e.to_id = n.id where n.id = ${id}`
    return parent
  }
}
