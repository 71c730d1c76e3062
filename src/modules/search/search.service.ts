import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Collection } from '../analytics/contract.ts'
import type { Authorizer, Sight } from '../auth/contract.ts'
import type { HealthBadges } from '../insights/contract.ts'
import type { Highlight, Search, SearchHit, SearchNotes, SearchPage, SearchQuery, Suggestion } from './contract.ts'
import type { DocumentIndex } from './document-index.ts'
import { PageTooDeep } from './errors.ts'
import type { AnsweringDriver } from './fallback-driver.ts'
import { markedTexts } from './highlights.queries.ts'
import { highlightsOf } from './highlights.ts'
import { hitsOf, suggestionsOf } from './hits.queries.ts'
import { type CandidateSource, type Candidates, type DriverQuery, type FoundArtifact, maxRanked } from './search-driver.ts'
import { parseSearchText } from './search-text.ts'
import type { SearchTimer } from './search-timer.ts'

export interface SearchServiceDeps {
  readonly database: Database
  readonly authorizer: Authorizer
  /** Answers; the documents are kept elsewhere. */
  readonly driver: AnsweringDriver
  readonly sources: readonly CandidateSource[]
  readonly documents: DocumentIndex
  readonly time: SearchTimer
  /** Absent where nobody counts. */
  readonly collection?: Collection | undefined
  /** Absent where nobody looks at how artifacts stand. */
  readonly health?: HealthBadges | undefined
}

const maxLimit = 250
const maxSuggestions = 20
/** So long whatever is outside of Postgres is waited for, all of it together: with Postgres after it an answer takes no longer than 2 s. */
const outsideMs = 1_500

/** Search for every door: asks the driver, and Postgres for what is shown of its hits. */
export class SearchService implements Search {
  readonly #deps: SearchServiceDeps

  constructor(deps: SearchServiceDeps) {
    this.#deps = deps
  }

  async find(principal: Principal, query: SearchQuery): Promise<SearchPage> {
    const { driver, time, collection } = this.#deps
    const page = await time({ driver: driver.name, kind: 'find' }, (answeredBy) =>
      this.#find(principal, query, driver.telling?.(answeredBy) ?? driver),
    )
    // Who turns the page searches no second time.
    if (query.offset === 0) collection?.searched({ text: query.query, total: page.total })
    return page
  }

  async suggest(principal: Principal, text: string, limit: number): Promise<readonly Suggestion[]> {
    const { database, authorizer, driver, time } = this.#deps
    const parsed = parseSearchText(text)
    return time({ driver: driver.name, kind: 'suggest' }, async (answeredBy) => {
      if (!parsed) return []
      const sight = await authorizer.sight(principal)
      const found = await (driver.telling?.(answeredBy) ?? driver).suggest(sight, parsed, Math.min(limit, maxSuggestions))
      return found.length === 0 ? [] : suggestionsOf(database, sight, idsOf(found))
    })
  }

  index(artifactId: string): Promise<void> {
    return this.#deps.documents.index(artifactId)
  }

  rebuild(onProgress?: (done: number) => void): Promise<number> {
    return this.#deps.documents.rebuild(onProgress)
  }

  async #find(principal: Principal, query: SearchQuery, driver: AnsweringDriver): Promise<SearchPage> {
    const deadline = performance.now() + outsideMs
    const limit = Math.min(query.limit, maxLimit)
    if (query.offset + limit > maxRanked) throw new PageTooDeep(maxRanked)
    const { database, authorizer } = this.#deps
    const sight = await authorizer.sight(principal)
    const asked = await this.#driverQuery(sight, { ...query, limit })
    const found = await driver.find(sight, { ...asked, deadline })
    const facts = found.hits.length === 0 ? [] : await hitsOf(database, sight, idsOf(found.hits))
    const standing = query.healthBadges ? await this.#deps.health?.badgesOf(facts.map(({ artifactId }) => artifactId)) : undefined
    const marked = await this.#highlights(asked, found.hits)
    const byId = new Map(found.hits.map((hit) => [hit.artifactId, hit]))
    const hits = facts.flatMap((fact): SearchHit[] => {
      const hit = byId.get(fact.artifactId)
      const highlights = hit?.highlights ?? marked?.get(fact.artifactId)
      const healthBadges = standing?.get(fact.artifactId)?.badges
      const extras = { ...(highlights && { highlights }), ...(healthBadges && { healthBadges }) }
      return hit ? [{ ...fact, tier: hit.tier, score: hit.score, ...extras }] : []
    })
    const notes: SearchNotes = Object.assign({}, ...(asked.candidates ?? []).map((one) => one.notes))
    return { hits, total: found.total, totalIsExact: found.totalIsExact, ...(found.facets && { facets: found.facets }), ...notes }
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
    const { query: text, semantic: _meaning, typeSignature: _type, healthBadges: _shown, ...rest } = query
    const asked = await Promise.all(this.#deps.sources.map((source) => source.candidates(sight, query)))
    const candidates = asked.filter((one): one is Candidates => one !== undefined)
    return { ...rest, text: parseSearchText(text), ...(candidates.length > 0 && { candidates }) }
  }
}

const idsOf = (found: readonly Pick<FoundArtifact, 'artifactId'>[]): string[] => found.map(({ artifactId }) => artifactId)
