import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Records } from '../../metadata/records.contract.ts'
import { readVersion } from '../diff/bumps.ts'
import { gravest } from '../diff/gravest.ts'
import type { SemanticDiff, VersionContent } from '../semantic-diff.ts'
import type { Graphs } from '../services.ts'
import type { EdgeWriter, NamedArtifact } from './edge-writer.ts'
import { beginAttempt, edgeOf, pendingEdges } from './edges.queries.ts'
import type { GraphNode } from './node.ts'
import { holdGraph, nodeById } from './nodes.queries.ts'
import type { Recorder } from './recorder.service.ts'
import { artifactsBehind, keepSwept, readSwept, unrecordedOf } from './upkeep.queries.ts'

export interface GraphServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly records: Records
  readonly semantic: SemanticDiff & AsyncDisposable
  /** What else a version brings that no event told of. */
  readonly follow: (artifactId: string, versionIds: readonly string[]) => Promise<void>
}

/** Edges compared by one call for an artifact; what is more waits for the next. */
const maxEdges = 200
const maxContentChanges = 1_000
const maxPerArtifact = 500
const sliceSize = 500
const sweepMs = 20_000

type OnFailure = (artifactId: string, error: unknown) => void

/** The work of effects on graphs. */
export class GraphService implements Graphs {
  readonly #deps: GraphServiceDeps
  readonly #recorder: Recorder
  readonly #edges: EdgeWriter

  constructor(deps: GraphServiceDeps, recorder: Recorder, edges: EdgeWriter) {
    this.#deps = deps
    this.#recorder = recorder
    this.#edges = edges
  }

  recordVersion(artifactId: string, versionId: string): Promise<void> {
    return this.#recorder.recordVersion(artifactId, versionId)
  }

  recordTag(artifactId: string, tag: string): Promise<void> {
    return this.#recorder.recordTag(artifactId, tag)
  }

  async compareContent(artifactId: string, signal: AbortSignal): Promise<void> {
    const { database, records } = this.#deps
    const pending = await pendingEdges(database, artifactId, maxEdges)
    const artifact = pending.length > 0 ? await records.artifact(artifactId) : undefined
    if (!artifact) return
    const failures: unknown[] = []
    for (const edge of pending) {
      signal.throwIfAborted()
      const [from, to] = [await nodeById(database, edge.fromId), await nodeById(database, edge.toId)]
      if (!from || !to || !(await beginAttempt(database, edge))) continue
      try {
        await this.#compare({ from, to }, artifact, signal)
      } catch (error) {
        if (signal.aborted) throw error
        failures.push(error)
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} comparisons of content failed`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#deps.semantic[Symbol.asyncDispose]()
  }

  /** So many artifacts at a time, for some seconds; the next call goes on behind the last one. What one artifact fails with keeps no other one waiting. */
  async catchUp(signal: AbortSignal, onFailure: OnFailure = () => undefined): Promise<number> {
    const { database } = this.#deps
    const until = performance.now() + sweepMs
    const { isResting, ...last } = await readSwept(database)
    if (isResting) return 0
    let { swept } = last
    let recorded = 0
    do {
      const slice = await artifactsBehind(database, swept, sliceSize)
      recorded += await this.#catchUpWith(slice, signal, onFailure)
      if (signal.aborted) return recorded
      swept = slice.length < sliceSize ? null : (slice.at(-1) ?? null)
      await keepSwept(database, swept)
    } while (swept !== null && performance.now() < until)
    return recorded
  }

  async #catchUpWith(artifactIds: readonly string[], signal: AbortSignal, onFailure: OnFailure): Promise<number> {
    let recorded = 0
    for (const { artifactId, pending } of await unrecordedOf(this.#deps.database, artifactIds, maxPerArtifact)) {
      if (signal.aborted) break
      try {
        recorded += await this.#recordAll(artifactId, pending)
        await this.compareContent(artifactId, signal)
      } catch (error) {
        if (signal.aborted) throw error
        onFailure(artifactId, error)
      }
    }
    return recorded
  }

  async #recordAll(artifactId: string, { versionIds, tags }: { readonly versionIds: readonly string[]; readonly tags: readonly string[] }) {
    for (const versionId of versionIds) await this.#recorder.recordVersion(artifactId, versionId)
    await this.#deps.follow(artifactId, versionIds)
    // The database's expression takes some names that are no semver.
    const readable = tags.filter((tag) => readVersion(tag) !== undefined)
    for (const tag of readable) await this.#recorder.recordTag(artifactId, tag)
    return versionIds.length + readable.length
  }

  /** Outside of a transaction, because it may read for seconds; written only if the edge is still there. */
  async #compare(
    { from, to }: { from: GraphNode; to: GraphNode },
    artifact: NamedArtifact & { type: VersionContent['type'] },
    signal: AbortSignal,
  ) {
    const { database, transaction, semantic } = this.#deps
    const contentOf = async (node: GraphNode): Promise<VersionContent> => ({
      ...{ artifactId: artifact.id, manifestDigest: node.manifestDigest, format: artifact.format, type: artifact.type },
      metadata: (node.versionId === null ? undefined : await this.#deps.records.version(node.versionId))?.metadata ?? {},
    })
    const changes =
      from.manifestDigest === to.manifestDigest ? [] : await semantic.changes(await contentOf(from), await contentOf(to), signal)
    await transaction.run(async () => {
      await holdGraph(database, artifact.id)
      if (await edgeOf(database, { fromId: from.id, toId: to.id }))
        await this.#edges.write({ from, to }, { source: 'content', changes: gravest(changes, maxContentChanges) }, artifact)
    })
  }
}
