import { DomainError } from '../../../shared/errors/domain-error.ts'
import type { Database } from '../../../shared/kernel/database.ts'
import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { pageOf } from '../../../shared/types/page.ts'
import { compareVersions } from '../../../shared/types/version.ts'
import type { Authorizer } from '../../auth/contract.ts'
import type { ArtifactRef, Catalog, Located } from '../../metadata/contract.ts'
import type { Publications } from '../../metadata/publications.contract.ts'
import type { Change } from '../change.ts'
import { readVersion, verdictOf } from '../diff/bumps.ts'
import { compareAll } from '../diff/compare-symbols.ts'
import { gravest } from '../diff/gravest.ts'
import { NodeNotFound } from '../errors.ts'
import { symbolsOf } from '../gtype/symbols.ts'
import { findPath, type Link } from '../transform/find-path.ts'
import { parsedVersion } from '../transform/range.ts'
import type { TransformerShelf } from '../transform/transformer-shelf.ts'
import type { BreakingView, CompatibilityView, DiffView, EdgeView, GraphReading, GraphView } from '../views.ts'
import { readIds, readSeq } from './cursors.ts'
import type { GraphNode } from './node.ts'
import { nodeByName } from './nodes.queries.ts'
import { breakingEdges, chainBetween, contentChanges, edgeChanges, edgesTo, type ShownEdge, shownNodes } from './reading.queries.ts'

export interface GraphReadingDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  readonly catalog: Catalog
  readonly publications: Publications
  readonly shelf: TransformerShelf
}

interface EdgeNames {
  readonly from: string
  readonly to: string
}
interface Ends {
  readonly fromDigest: string
  readonly toDigest: string
}
interface Paging {
  readonly cursor?: string
  readonly limit: number
}

const maxChanges = 1_000
const maxReasons = 100
const maxDetails = 100
const maxBreaking = 100

/** Graphs as callers see them; who may read the artifact may see its graph. */
export class GraphReadingService implements GraphReading {
  readonly #deps: GraphReadingDeps

  constructor(deps: GraphReadingDeps) {
    this.#deps = deps
  }

  async graph(principal: Principal, ref: ArtifactRef, { cursor, limit }: Paging): Promise<GraphView> {
    const { database, catalog } = this.#deps
    const located = await catalog.locate(principal, ref, 'read')
    const rows = await shownNodes(database, located.artifact.id, { before: readSeq(cursor), limit: limit + 1 })
    const { items, nextCursor } = pageOf(rows, limit, ({ seq }) => [seq])
    const found = await edgesTo(
      database,
      items.map(({ id }) => id),
    )
    const edges = await this.#withTransformers(located, found, principal)
    return { nodes: items.map(({ id: _id, seq: _seq, ...node }) => node), edges, nextCursor }
  }

  async breaking(principal: Principal, ref: ArtifactRef, { cursor, limit }: Paging) {
    const { database, catalog } = this.#deps
    const located = await catalog.locate(principal, ref, 'read')
    const size = Math.min(limit, maxBreaking)
    const rows = await breakingEdges(database, located.artifact.id, { before: readIds(cursor), limit: size + 1 })
    const { items, nextCursor } = pageOf(rows, size, ({ toId, fromId }) => [toId, fromId])
    const edges = await this.#withTransformers(located, items, principal)
    const details = await edgeChanges(database, items, maxDetails)
    const unread = await this.#unreadable(located, items)
    const shown = edges.map((edge, at): BreakingView => ({ ...edge, details: (unread.has(items[at]) ? undefined : details[at]) ?? [] }))
    return { items: shown, nextCursor }
  }

  async diff(principal: Principal, ref: ArtifactRef, { from, to }: EdgeNames): Promise<DiffView> {
    const located = await this.#deps.catalog.locate(principal, ref, 'read')
    const { changes, complete } = await this.#between(located, { from, to })
    return { from, to, ...verdictOf({ from, to }, changes), complete, changes: [...changes] }
  }

  async compatibility(principal: Principal, ref: ArtifactRef, { from, to }: EdgeNames): Promise<CompatibilityView> {
    const { authorizer, shelf } = this.#deps
    const located = await this.#deps.catalog.locate(principal, ref, 'read')
    const { changes, complete } = await this.#between(located, { from, to })
    const reasons = changes.filter(({ bump }) => bump === 'major').slice(0, maxReasons)
    if (reasons.length === 0) return { from, to, verdict: 'compatible', reasons, path: [], complete }
    // Neighbours that need no transformer on the way up may break who goes down: without one nothing makes up for the reasons.
    const path = findPath({ from, to }, await shelf.routes(located.artifact, await authorizer.sight(principal))) ?? []
    return { from, to, verdict: path.length > 0 ? 'transformable' : 'incompatible', reasons, path: [...path], complete }
  }

  /** Types are compared as they are in the two; of their content is told what the versions between them say. */
  async #between(located: Located, { from, to }: EdgeNames): Promise<{ readonly changes: readonly Change[]; readonly complete: boolean }> {
    const { database } = this.#deps
    const [left, right] = [await this.#read(located, from), await this.#read(located, to)]
    if (left.node.id === right.node.id) return { changes: [], complete: true }
    const types = compareAll(symbolsOf(left.metadata), symbolsOf(right.metadata))
    // What content says is of the way up; of the way down nobody looked.
    if (isLower(right.node, left.node)) return { changes: gravest(types.changes, maxChanges), complete: false }
    const chain = await chainBetween(database, { lowerId: left.node.id, higherId: right.node.id })
    const isWhole = chain.at(-1)?.fromId === left.node.id
    const telling = chain.filter(({ changes }) => changes > 0).slice(0, maxChanges)
    const unread = await this.#unreadable(located, telling)
    const content = isWhole
      ? await contentChanges(
          database,
          telling.filter((link) => !unread.has(link)),
          maxChanges + 1,
        )
      : []
    const all = [...types.changes, ...content]
    const isCut = types.isCut || all.length > maxChanges || unread.size > 0 || telling.length === maxChanges
    const complete = isWhole && !isCut && chain.every(({ contentState }) => contentState === 'done')
    return { changes: gravest(all, maxChanges), complete }
  }

  /** Quarantine and policies of reading are asked as a door asks them. */
  async #read(located: Located, name: string): Promise<{ readonly node: GraphNode; readonly metadata: Readonly<Record<string, unknown>> }> {
    const { database, catalog, publications } = this.#deps
    const node = await nodeByName(database, located.artifact.id, name)
    if (!node) throw new NodeNotFound(name)
    if (node.versionId !== null) return { node, metadata: (await catalog.version(located, name)).metadata }
    await publications.checkRead(located, node.manifestDigest)
    return { node, metadata: {} }
  }

  /** Those that say what is in a manifest that the caller may not read. */
  async #unreadable<T extends Ends>(located: Located, between: readonly T[]): Promise<ReadonlySet<T | undefined>> {
    const refused = new Set<string>()
    for (const digest of new Set(between.flatMap(({ fromDigest, toDigest }) => [fromDigest, toDigest])))
      try {
        await this.#deps.publications.checkRead(located, digest)
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        refused.add(digest)
      }
    return new Set(between.filter(({ fromDigest, toDigest }) => refused.has(fromDigest) || refused.has(toDigest)))
  }

  async #withTransformers({ artifact }: Located, edges: readonly ShownEdge[], principal: Principal): Promise<EdgeView[]> {
    const { authorizer, shelf } = this.#deps
    const known = edges.some(({ type }) => type === 'breaking') ? await shelf.of(artifact, await authorizer.sight(principal)) : []
    const turn = new LoopTurn()
    const shown: EdgeView[] = []
    for (const { fromId: _fromId, toId: _toId, fromDigest: _fromDigest, toDigest: _toDigest, announced: _announced, ...edge } of edges) {
      if (turn.isOver) await turn.next()
      const over = edge.type === 'breaking' ? linkOver(known, edge) : undefined
      shown.push({ ...edge, ...(over && { transformer: over.name }) })
    }
    return shown
  }
}

function linkOver(known: readonly Link[], edge: EdgeNames): Link | undefined {
  const [lower, higher] = [parsedVersion(edge.from), parsedVersion(edge.to)]
  return lower && higher && known.find(({ from, to }) => from.has(lower) && to.has(higher))
}

function isLower(one: GraphNode, other: GraphNode): boolean {
  const [left, right] = [readVersion(one.version), readVersion(other.version)]
  return left && right ? compareVersions(left.text, right.text) < 0 : one.publishedAt < other.publishedAt
}
