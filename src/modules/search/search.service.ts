import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Authorizer, Sight } from '../auth/contract.ts'
import type { Highlight, Search, SearchHit, SearchPage, SearchQuery, Suggestion } from './contract.ts'
import type { DocumentIndex } from './document-index.ts'
import { PageTooDeep } from './errors.ts'
import { markedTexts } from './highlights.queries.ts'
import { highlightsOf } from './highlights.ts'
import { hitsOf, suggestionsOf } from './hits.queries.ts'
import {
  type CandidateSource,
  type Candidates,
  type DriverQuery,
  type FoundArtifact,
  maxRanked,
  type SearchDriver,
} from './search-driver.ts'
import { parseSearchText } from './search-text.ts'

export interface SearchServiceDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  /** Answers; the documents are kept elsewhere. */
  readonly driver: SearchDriver
  readonly sources: readonly CandidateSource[]
  readonly documents: DocumentIndex
}

const maxLimit = 250
const maxSuggestions = 20

/** Search for every door: asks the driver, and Postgres for what is shown of its hits. */
export class SearchService implements Search {
  readonly #deps: SearchServiceDeps

  constructor(deps: SearchServiceDeps) {
    this.#deps = deps
  }

  async find(principal: Principal, query: SearchQuery): Promise<SearchPage> {
    const limit = Math.min(query.limit, maxLimit)
    if (query.offset + limit > maxRanked) throw new PageTooDeep(maxRanked)
    const { database, authorizer, driver } = this.#deps
    const sight = await authorizer.sight(principal)
    const asked = await this.#driverQuery(sight, { ...query, limit })
    const found = await driver.find(sight, asked)
    const facts = found.hits.length === 0 ? [] : await hitsOf(database, sight, idsOf(found.hits))
    const marked = await this.#highlights(asked, found.hits)
    const byId = new Map(found.hits.map((hit) => [hit.artifactId, hit]))
    const hits = facts.flatMap((fact): SearchHit[] => {
      const hit = byId.get(fact.artifactId)
      const highlights = hit?.highlights ?? marked?.get(fact.artifactId)
      return hit ? [{ ...fact, tier: hit.tier, score: hit.score, ...(highlights && { highlights }) }] : []
    })
    return { hits, total: found.total, totalIsExact: found.totalIsExact, ...(found.facets && { facets: found.facets }) }
  }

  async suggest(principal: Principal, text: string, limit: number): Promise<readonly Suggestion[]> {
    const parsed = parseSearchText(text)
    if (!parsed) return []
    const { database, authorizer, driver } = this.#deps
    const sight = await authorizer.sight(principal)
    const found = await driver.suggest(sight, parsed, Math.min(limit, maxSuggestions))
    return found.length === 0 ? [] : suggestionsOf(database, sight, idsOf(found))
  }

  index(artifactId: string): Promise<void> {
    return this.#deps.documents.index(artifactId)
  }

  rebuild(onProgress?: (done: number) => void): Promise<number> {
    return this.#deps.documents.rebuild(onProgress)
  }

  /** Of those that the driver did not mark itself. */
  async #highlights({ highlight, text }: DriverQuery, found: readonly FoundArtifact[]) {
    if (!highlight) return undefined
    const ids = idsOf(found.filter(({ highlights }) => highlights === undefined))
    const rows = text && ids.length > 0 ? await markedTexts(this.#deps.database, text, ids) : []
    const none = ids.map((id): [string, readonly Highlight[]] => [id, []])
    return new Map([...none, ...rows.map((row): [string, readonly Highlight[]] => [row.artifactId, highlightsOf(row)])])
  }

  async #driverQuery(sight: Sight, query: SearchQuery): Promise<DriverQuery> {
    const { query: text, semantic: _meaning, typeSignature: _type, relatedTo: _like, ...rest } = query
    const asked = await Promise.all(this.#deps.sources.map((source) => source.candidates(sight, query)))
    const candidates = asked.filter((one): one is Candidates => one !== undefined)
    return { ...rest, text: parseSearchText(text), ...(candidates.length > 0 && { candidates }) }
  }
}

const idsOf = (found: readonly Pick<FoundArtifact, 'artifactId'>[]): string[] => found.map(({ artifactId }) => artifactId)
