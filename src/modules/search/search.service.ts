import { Gathered } from '../../shared/gathered.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Collection } from '../analytics/contract.ts'
import type { Authorizer } from '../auth/contract.ts'
import type { Search, SearchHit, SearchPage, SearchQuery } from './contract.ts'
import { artifactsAfter, dropDocuments, holdDocuments, sourcesOf, writeDocuments } from './documents.queries.ts'
import { PageTooDeep } from './errors.ts'
import { type HitRow, matchingQuery, maxRanked, similarQuery } from './find.queries.ts'
import { toDocument } from './search-document.ts'
import { parseSearchText } from './search-text.ts'
import { type ChangedArtifact, keepPlace, readPlace, renewOf, renewSlice, staleSince, sweepSlice } from './upkeep.queries.ts'

export interface SearchServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly authorizer: Authorizer
  /** Absent where nobody counts. */
  readonly collection?: Collection | undefined
}

const maxLimit = 250
const batchSize = 200
/** Artifacts that are looked at in one go, whether or not they changed. */
const sweepSize = 5_000
const sweepMs = 1_000
const gatherMs = 100

/** Search in Postgres: weighted words and trigrams of names. */
export class SearchService implements Search {
  readonly #deps: SearchServiceDeps
  readonly #gathered = new Gathered((ids) => this.#indexAll(ids), gatherMs)

  constructor(deps: SearchServiceDeps) {
    this.#deps = deps
  }

  async find(principal: Principal, query: SearchQuery): Promise<SearchPage> {
    const limit = Math.min(query.limit, maxLimit)
    if (query.offset + limit > maxRanked) throw new PageTooDeep(maxRanked)
    const { database, transaction, authorizer } = this.#deps
    const sight = await authorizer.sight(principal)
    const wanted = { text: parseSearchText(query.query), sight, query: { ...query, limit } }
    const rows = await transaction.run(async () => {
      // A plan for any text would count on a handful of matches, and parse the text anew for every row.
      await database.sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`
      const matching = await database.sql<HitRow>`${matchingQuery(wanted)}`
      const similar = totalOf(matching) === 0 ? similarQuery(wanted) : undefined
      return similar ? database.sql<HitRow>`${similar}` : matching
    })
    const total = totalOf(rows)
    // Who turns the page searches no second time.
    if (query.offset === 0) this.#deps.collection?.searched({ text: query.query, total })
    return { hits: rows.filter(({ artifactId }) => artifactId !== null).map(toHit), total }
  }

  /** A publish brings several events of one artifact, and publishes come in flocks. */
  async index(artifactId: string): Promise<void> {
    await this.#gathered.add(artifactId)
  }

  async rebuild(onProgress: (done: number) => void = () => {}): Promise<number> {
    let documents = 0
    let done = 0
    for (let after: string | null = null; ; ) {
      const ids: string[] = await artifactsAfter(this.#deps.database, after, batchSize)
      documents += await this.#indexAll(ids)
      done += ids.length
      onProgress(done)
      after = ids.at(-1) ?? null
      if (ids.length < batchSize) return documents
    }
  }

  /**
   * Indexes what changed without an event; answers how many. What changed since the last call is looked for as a whole, all others a slice at a
   * time, for about a second or while there is something to do. What is left at an abort, the next call does.
   */
  async catchUp(signal: AbortSignal): Promise<number> {
    const { database } = this.#deps
    const { lookedUntil, swept, now } = await readPlace(database)
    let done = await this.#indexChanged(lookedUntil, signal)
    const place = { lookedUntil: signal.aborted ? lookedUntil : now, swept }
    const until = performance.now() + sweepMs
    while (!signal.aborted) {
      const { last, staleIds } = await sweepSlice(database, place.swept, sweepSize)
      for (let at = 0; at < staleIds.length; at += batchSize) await this.#indexAll(staleIds.slice(at, at + batchSize))
      await renewSlice(database, place.swept, sweepSize)
      done += staleIds.length
      place.swept = last
      if (last === null || (staleIds.length === 0 && performance.now() > until)) break
    }
    await keepPlace(database, place)
    return done
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
    const { database, transaction } = this.#deps
    return transaction.run(async () => {
      await holdDocuments(database, artifactIds)
      const documents = (await sourcesOf(database, artifactIds)).map(toDocument)
      const kept = new Set(documents.map(({ artifactId }) => artifactId))
      await writeDocuments(database, documents)
      await renewOf(database, [...kept])
      await dropDocuments(
        database,
        artifactIds.filter((id) => !kept.has(id)),
      )
      return documents.length
    })
  }
}

const totalOf = (rows: readonly HitRow[]): number => rows[0]?.total ?? 0

function toHit({ total: _total, final, textScore: text, popularity, freshness, ...hit }: HitRow): SearchHit {
  return { ...hit, score: { final, text, popularity, freshness } }
}
