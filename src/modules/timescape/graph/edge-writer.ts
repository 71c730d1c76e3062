import type { Database } from '../../../shared/kernel/database.ts'
import type { Events } from '../../../shared/kernel/events.ts'
import type { Artifact } from '../../metadata/contract.ts'
import type { Records } from '../../metadata/records.contract.ts'
import type { Change } from '../change.ts'
import { verdictOf } from '../diff/bumps.ts'
import { compareSymbols } from '../diff/compare-symbols.ts'
import { BreakingChangeDetected } from '../events.contract.ts'
import { symbolsOf } from '../gtype/symbols.ts'
import {
  type ChangeSource,
  changesOf,
  dropSuccessions,
  type EdgeRow,
  edgeOf,
  renewEdge,
  setContentState,
  writeChanges,
  writeEdge,
} from './edges.queries.ts'
import type { GraphNode } from './node.ts'
import { parentOf } from './nodes.queries.ts'

export interface EdgeWriterDeps {
  readonly database: Database
  readonly events: Events
  readonly records: Records
}

interface Ends {
  readonly from: GraphNode
  readonly to: GraphNode
}

export type NamedArtifact = Pick<Artifact, 'id' | 'namespace' | 'name' | 'format'>

const maxChanges = 2_000

/** Edges and their changes. Every method is called within a transaction that holds the graph. */
export class EdgeWriter {
  readonly #deps: EdgeWriterDeps

  constructor(deps: EdgeWriterDeps) {
    this.#deps = deps
  }

  /** Gives a node that was just entered the parent it should have. */
  adopt(node: GraphNode, artifact: NamedArtifact): Promise<void> {
    return this.#adopt(node, artifact, () => false)
  }

  /** A node that was there gets another parent. What it breaks is nothing new, unless nobody looked to the end yet. */
  readopt(node: GraphNode, artifact: NamedArtifact): Promise<void> {
    return this.#adopt(node, artifact, (former) => former?.contentState !== 'pending' || former.announced)
  }

  async #adopt(node: GraphNode, artifact: NamedArtifact, isTold: (former: EdgeRow | undefined) => boolean): Promise<void> {
    const { database } = this.#deps
    const parent = await parentOf(database, node)
    if (node.parentId === (parent?.id ?? null)) return
    const former = node.parentId === null ? undefined : await edgeOf(database, { fromId: node.parentId, toId: node.id })
    if (node.parentId !== null) await dropSuccessions(database, node.id, parent?.id ?? null)
    await database.sql`update timescape_nodes set parent_id = ${parent?.id ?? null} where id = ${node.id}`
    if (parent) await this.connect({ from: parent, to: node }, { kind: 'succession', isTold: isTold(former) }, artifact)
  }

  /** The edge with what its types say; its content is compared later. */
  async connect(
    { from, to }: Ends,
    about: { readonly kind: EdgeRow['kind']; readonly isTold: boolean },
    artifact: NamedArtifact,
  ): Promise<void> {
    const hasTypes = from.gtypeHash !== null || to.gtypeHash !== null
    const changes = hasTypes ? compareSymbols(symbolsOf(await this.#metadataOf(from)), symbolsOf(await this.#metadataOf(to))) : []
    // Where there is nothing to compare nobody has to come back for it.
    const contentState = from.manifestDigest === to.manifestDigest || artifact.format === 'generic' ? 'done' : 'pending'
    const verdict = verdictOf({ from: from.version, to: to.version }, changes)
    const isNew = await writeEdge(this.#deps.database, { from, to, ...about, contentState }, verdict)
    // Of an edge that was not there before, nothing else is known.
    if (!isNew || changes.length > 0) await this.write({ from, to }, { source: 'gtype', changes }, artifact)
  }

  /** What one source says; the verdict is over all of them. */
  async write(
    { from, to }: Ends,
    found: { readonly source: ChangeSource; readonly changes: readonly Change[] },
    artifact: NamedArtifact,
  ): Promise<EdgeRow | undefined> {
    const { database, events } = this.#deps
    const key = { fromId: from.id, toId: to.id }
    await writeChanges(database, key, found)
    if (found.source === 'content') await setContentState(database, key, 'done')
    const verdict = verdictOf({ from: from.version, to: to.version }, await changesOf(database, key, maxChanges))
    const known = await edgeOf(database, key)
    const isBreaking = verdict.type === 'breaking'
    const edge = await renewEdge(database, key, { ...verdict, announced: isBreaking || known?.announced === true })
    if (isBreaking && known?.announced !== true)
      await events.emit(BreakingChangeDetected, {
        ...{ artifactId: artifact.id, namespace: artifact.namespace, name: artifact.name, format: artifact.format },
        ...{ from: from.version, to: to.version, changes: edge?.breaking ?? 0, undeclared: verdict.undeclared },
      })
    return edge
  }

  async #metadataOf({ versionId }: GraphNode): Promise<Readonly<Record<string, unknown>>> {
    const version = versionId === null ? undefined : await this.#deps.records.version(versionId)
    return version?.metadata ?? {}
  }
}
