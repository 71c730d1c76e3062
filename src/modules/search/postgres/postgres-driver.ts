import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Sight } from '../../auth/contract.ts'
import type { SearchDocument } from '../search-document.ts'
import {
  type DocumentBatch,
  type DriverQuery,
  type FoundPage,
  maxRanked,
  type SearchDriver,
  type SuggestedArtifact,
} from '../search-driver.ts'
import type { SearchText } from '../search-text.ts'
import { dropDocuments, writeDocuments } from './documents.queries.ts'
import { facetsOf } from './facets.ts'
import { isEverything, isWide } from './filters.ts'
import { countQuery, type FoundRow, listedQuery, matchingQuery, maxFull, similarQuery, standingQuery, type Wanted } from './find.queries.ts'
import { similarNames } from './similar-names.ts'
import { copyStandings } from './standings.queries.ts'
import { maxBegun, suggestedByStanding, suggestedNames, suggestedSimilar } from './suggest.queries.ts'

/** Nulls but for `begun` where there is none. */
interface BegunRow {
  readonly artifactId: string | null
  readonly begun: number
}

/** Weighted words and trigrams of names, beside the rows that decide who sees them. */
export class PostgresDriver implements SearchDriver {
  readonly name = 'postgres'
  readonly #database: Database
  readonly #transaction: Transaction
  /** What was found by more than are counted, and need not be counted again for half a minute: common words are searched for often. */
  readonly #many = new LRUCache<string, true>({ max: 2_000, ttl: 30_000 })

  constructor(database: Database, transaction: Transaction) {
    this.#database = database
    this.#transaction = transaction
  }

  async find(sight: Sight, query: DriverQuery): Promise<FoundPage> {
    const key = countedAs(sight, query)
    const isMany = key !== undefined && this.#many.has(key)
    const rows = await this.#planned((database) => findRows(database, { sight, query }, isMany))
    const total = totalOf(rows)
    if (key !== undefined && total > maxRanked) this.#many.set(key, true)
    const counted = rows[0]?.counted
    return {
      hits: rows.filter(({ artifactId }) => artifactId !== null).map(toFound),
      total: Math.min(total, maxRanked),
      totalIsExact: total <= maxRanked,
      ...(counted && { facets: facetsOf(counted, total > maxRanked) }),
    }
  }

  async suggest(sight: Sight, text: SearchText, limit: number): Promise<readonly SuggestedArtifact[]> {
    return this.#planned(async (database) => {
      const rows = await database.sql<BegunRow>`${suggestedNames(sight, text, limit)}`
      const begun = rows.filter((row): row is SuggestedArtifact & BegunRow => row.artifactId !== null)
      if ((rows[0]?.begun ?? 0) > maxBegun) return database.sql<SuggestedArtifact>`${suggestedByStanding(sight, text, limit)}`
      const similar = begun.length === 0 ? similarNames(sight, text) : undefined
      if (!similar) return begun
      await database.sql`${similar.setting}`
      return database.sql<SuggestedArtifact>`${suggestedSimilar(sight, similar, limit)}`
    })
  }

  async write(documents: readonly SearchDocument[]): Promise<void> {
    const ids = documents.map(({ artifactId }) => artifactId)
    await Promise.all([writeDocuments(this.#database, documents), copyStandings(this.#database, ids)])
  }

  drop(artifactIds: readonly string[]): Promise<void> {
    return dropDocuments(this.#database, artifactIds)
  }

  /** In place: a document is as good as before until it is written. */
  async rebuild(batches: AsyncIterable<DocumentBatch>): Promise<number> {
    let count = 0
    for await (const { artifactIds, documents } of batches) {
      const kept = new Set(documents.map(({ artifactId }) => artifactId))
      await this.write(documents)
      await this.drop(artifactIds.filter((id) => !kept.has(id)))
      count += documents.length
    }
    return count
  }

  #planned<T>(work: (database: Database) => Promise<T>): Promise<T> {
    return this.#transaction.run(async () => {
      await this.#database.sql`${plannedForSearch}`
      return work(this.#database)
    })
  }
}

/**
 * A plan for any text would count on a handful of matches, and parse the text anew for every row. Helping processes pay for seconds of work. Row
 * by row a query ends where enough is counted, and its rows are in memory; joins of whole tables, and reading a table for what an index knows, begin
 * with all of them.
 */
const settings = {
  ...{ plan_cache_mode: 'force_custom_plan', max_parallel_workers_per_gather: '0' },
  ...{ enable_hashjoin: 'off', enable_mergejoin: 'off', enable_seqscan: 'off', random_page_cost: '1.1' },
}
const set = Object.entries(settings).map(([name, value]) => sql`set_config(${sql.lit(name)}, ${sql.lit(value)}, true)`)
const plannedForSearch = sql`select ${sql.join(set)}`

/** What the number of matches depends on; `undefined` where they are counted in any case. */
function countedAs(sight: Sight, { offset, limit, sortBy, sortOrder, highlight, deadline, ...query }: DriverQuery): string | undefined {
  return query.text && !query.facets && !query.candidates?.length ? JSON.stringify([sight, query]) : undefined
}

async function findRows(database: Database, wanted: Wanted, isMany: boolean): Promise<FoundRow[]> {
  const { sight, query } = wanted
  if (isMany) return standing(database, wanted, { total: maxRanked + 1, counted: null })
  if (isWide(query)) {
    const [counted] = await database.sql<Pick<FoundRow, 'total'>>`${countQuery(wanted)}`
    const total = counted?.total ?? 0
    // Few of all: walking through all for them would take longer than ranking them.
    if (isEverything(query) || total > maxFull) return listed(database, wanted, { total, counted: null })
  }
  const matching = await database.sql<FoundRow>`${matchingQuery(wanted)}`
  const total = totalOf(matching)
  if (total <= maxRanked) return total > 0 ? matching : ((await maybeMeant(database, wanted)) ?? matching)
  const known = { total, counted: matching[0]?.counted ?? null }
  if (!query.text) return listed(database, { sight, query: { ...query, facets: false } }, known)
  return standing(database, wanted, known)
}

async function standing(database: Database, wanted: Wanted, known: Pick<FoundRow, 'total' | 'counted'>): Promise<FoundRow[]> {
  return (await database.sql<FoundRow>`${standingQuery(wanted)}`).map((row) => ({ ...row, ...known }))
}

/** Names like a text that nothing matches; not where something else than words decides what may be found. */
async function maybeMeant(database: Database, wanted: Wanted): Promise<FoundRow[] | undefined> {
  const { text, candidates = [] } = wanted.query
  const similar = text && !candidates.some(({ mode }) => mode === 'only') ? similarNames(wanted.sight, text) : undefined
  if (!similar) return undefined
  await database.sql`${similar.setting}`
  return database.sql<FoundRow>`${similarQuery(wanted, similar)}`
}

async function listed(database: Database, wanted: Wanted, { total, counted }: Pick<FoundRow, 'total' | 'counted'>): Promise<FoundRow[]> {
  const rows = await database.sql<FoundRow>`${listedQuery(wanted)}`
  return rows.map((row) => ({ ...row, total, counted: row.counted ?? counted }))
}

const totalOf = (rows: readonly FoundRow[]): number => rows[0]?.total ?? 0

function toFound({ artifactId, tier, final, textScore: text, popularity, freshness, verified, quality }: FoundRow) {
  return { artifactId, tier, score: { final, text, popularity, freshness, verified, quality } }
}
