import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Sight } from '../../auth/contract.ts'
import type { SearchDocument } from '../search-document.ts'
import type { DocumentBatch, DriverQuery, FoundPage, SearchDriver, SuggestedArtifact } from '../search-driver.ts'
import type { SearchText } from '../search-text.ts'
import { dropDocuments, writeDocuments } from './documents.queries.ts'
import { type FoundRow, matchingQuery, similarQuery } from './find.queries.ts'
import { renewOf } from './standings.queries.ts'
import { suggestedNames, suggestedSimilar } from './suggest.queries.ts'

/** Weighted words and trigrams of names, beside the rows that decide who sees them. */
export class PostgresDriver implements SearchDriver {
  readonly name = 'postgres'
  readonly #database: Database
  readonly #transaction: Transaction

  constructor(database: Database, transaction: Transaction) {
    this.#database = database
    this.#transaction = transaction
  }

  async find(sight: Sight, query: DriverQuery): Promise<FoundPage> {
    const wanted = { sight, query }
    const rows = await this.#planned(async ({ sql }) => {
      const matching = await sql<FoundRow>`${matchingQuery(wanted)}`
      const similar = totalOf(matching) === 0 ? similarQuery(wanted) : undefined
      return similar ? sql<FoundRow>`${similar}` : matching
    })
    const total = totalOf(rows)
    return { hits: rows.filter(({ artifactId }) => artifactId !== null).map(toFound), total, totalIsExact: rows[0]?.totalIsExact ?? true }
  }

  async suggest(sight: Sight, text: SearchText, limit: number): Promise<readonly SuggestedArtifact[]> {
    return this.#planned(async ({ sql }) => {
      const begun = await sql<SuggestedArtifact>`${suggestedNames(sight, text, limit)}`
      const similar = begun.length === 0 ? suggestedSimilar(sight, text, limit) : undefined
      return similar ? sql<SuggestedArtifact>`${similar}` : begun
    })
  }

  async write(documents: readonly SearchDocument[]): Promise<void> {
    await writeDocuments(this.#database, documents)
    await renewOf(
      this.#database,
      documents.map(({ artifactId }) => artifactId),
    )
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
      // A plan for any text would count on a handful of matches, and parse the text anew for every row.
      await this.#database.sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`
      return work(this.#database)
    })
  }
}

const totalOf = (rows: readonly FoundRow[]): number => rows[0]?.total ?? 0

function toFound({ artifactId, tier, final, textScore: text, popularity, freshness, verified, quality }: FoundRow) {
  return { artifactId, tier, score: { final, text, popularity, freshness, verified, quality } }
}
