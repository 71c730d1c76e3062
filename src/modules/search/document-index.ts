import { Gathered } from '../../shared/gathered.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { relaxCommit } from '../../shared/kernel/relaxed-commit.ts'
import { type ScannedManifest, type Scores, scoreKey } from '../scanning/scores.contract.ts'
import { artifactsAfter, holdDocuments, sourcesOf, tellsOtherScore } from './documents.queries.ts'
import { type DocumentSource, toDocument } from './search-document.ts'
import type { DocumentBatch, DocumentFollower, DocumentReader, SearchDriver } from './search-driver.ts'
import { type ChangedArtifact, keepPlace, readPlace, renewSlice, staleSince, sweepSlice } from './upkeep.queries.ts'

export interface DocumentIndexDeps {
  readonly database: Database
  readonly transaction: Transaction
  /** Postgres, which is written whatever answers. */
  readonly store: SearchDriver
  readonly followers: readonly DocumentFollower[]
  /** An index elsewhere counts on the numbers of changes that it was told: they are on disk before it hears of them. */
  readonly isFollowed?: boolean
  /** Absent where nobody scans. */
  readonly scores?: Scores | undefined
}

const batchSize = 200
/** Artifacts that are looked at in one go, whether or not they changed. */
const sweepSize = 5_000
const sweepMs = 1_000
/** A publish brings several events of one artifact. */
const gatherMs = 50

/** Keeps the documents as the catalog is. */
export class DocumentIndex implements DocumentReader {
  readonly #deps: DocumentIndexDeps
  readonly #gathered = new Gathered((ids) => this.#indexAll(ids), gatherMs)

  constructor(deps: DocumentIndexDeps) {
    this.#deps = deps
  }

  async index(artifactId: string): Promise<void> {
    await this.#gathered.add(artifactId)
  }

  /** Asks what the last scan came to: events of two scans may come in any order. */
  async noteScan(manifest: ScannedManifest): Promise<void> {
    const score = (await this.#scoresOf([manifest])).get(scoreKey(manifest))
    if (await tellsOtherScore(this.#deps.database, manifest, score ?? null)) await this.index(manifest.artifactId)
  }

  async read(artifactIds: readonly string[]): Promise<DocumentBatch> {
    const sources = await sourcesOf(this.#deps.database, artifactIds)
    const keyOf = ({ artifactId, manifestDigest }: DocumentSource) => ({ artifactId, manifestDigest: manifestDigest ?? '' })
    const scores = await this.#scoresOf(sources.map(keyOf))
    return { artifactIds, documents: sources.map((source) => toDocument(source, scores.get(scoreKey(keyOf(source))) ?? null)) }
  }

  async #scoresOf(manifests: readonly ScannedManifest[]): Promise<ReadonlyMap<string, number>> {
    const scores = await this.#deps.scores?.of(manifests)
    return new Map([...(scores ?? [])].map(([key, { securityScore }]) => [key, securityScore]))
  }

  async *readAll(): AsyncIterable<DocumentBatch> {
    for await (const ids of this.#allIds()) yield this.read(ids)
  }

  /** Every artifact anew; answers how many have a document. */
  async rebuild(onProgress: (done: number) => void | Promise<void> = () => {}): Promise<number> {
    let documents = 0
    let done = 0
    for await (const ids of this.#allIds()) {
      documents += await this.#indexAll(ids)
      done += ids.length
      await onProgress(done)
    }
    return documents
  }

  /**
   * Indexes what changed without an event; answers how many. What changed since the last call is looked for as a whole, all others a slice at a
   * time, for about a second or while there is something to do. What is left at an abort, the next call does.
   */
  async catchUp(signal: AbortSignal): Promise<number> {
    const { database, transaction } = this.#deps
    const { lookedUntil, swept, now } = await readPlace(database)
    let done = await this.#indexChanged(lookedUntil, signal)
    const place = { lookedUntil: signal.aborted ? lookedUntil : now, swept }
    const until = performance.now() + sweepMs
    while (!signal.aborted) {
      const from = place.swept
      const { last, staleIds } = await sweepSlice(database, from, sweepSize)
      for (let at = 0; at < staleIds.length; at += batchSize) await this.#indexAll(staleIds.slice(at, at + batchSize))
      // Texts did not change by it, so that followers have nothing to do; an index elsewhere is told by triggers.
      await transaction.run(() => renewSlice(database, from, sweepSize))
      done += staleIds.length
      place.swept = last
      if (last === null || (staleIds.length === 0 && performance.now() > until)) break
    }
    await keepPlace(database, place)
    return done
  }

  async *#allIds(): AsyncIterable<readonly string[]> {
    for (let after: string | null = null; ; ) {
      const ids: string[] = await artifactsAfter(this.#deps.database, after, batchSize)
      if (ids.length > 0) yield ids
      after = ids.at(-1) ?? null
      if (ids.length < batchSize) return
    }
  }

  async #indexChanged(since: string, signal: AbortSignal): Promise<number> {
    let done = 0
    for (let after: ChangedArtifact | undefined; !signal.aborted; ) {
      const changed = await staleSince(this.#deps.database, { since, after, limit: batchSize })
      await this.#indexAll(changed.map(({ id }) => id))
      done += changed.length
      after = changed.at(-1)
      if (changed.length < batchSize) break
    }
    return done
  }

  async #indexAll(artifactIds: readonly string[]): Promise<number> {
    if (artifactIds.length === 0) return 0
    const { database, transaction, store, followers, isFollowed } = this.#deps
    return transaction.run(async () => {
      // What is asked at once travels at once, and is done one after the other.
      const hold = [...(isFollowed ? [] : [relaxCommit(database)]), holdDocuments(database, artifactIds)]
      const [{ documents }] = await Promise.all([this.read(artifactIds), ...hold])
      const kept = new Set(documents.map(({ artifactId }) => artifactId))
      const dropped = artifactIds.filter((id) => !kept.has(id))
      await Promise.all([store.write(documents), store.drop(dropped), ...followers.map((follower) => follower.changed(documents, dropped))])
      return documents.length
    })
  }
}
