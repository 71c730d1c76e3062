import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import type { MatchTier, SearchOrder } from '../contract.ts'
import { type DriverQuery, maxRanked } from '../search-driver.ts'
import { visibleArtifacts } from '../visible-artifacts.ts'
import { type CountedValue, countedValues, facetColumns } from './facets.ts'
import { artifactFilters, documentFilters, narrows } from './filters.ts'
import { freshness, popularity, verification, weight } from './standing.ts'
import { matchOf, namedBy } from './text-match.ts'

const maxFuzzy = 100
/** Who sees them is asked of so many names, those most like the text. */
const maxLike = 1_000
/** Shorter texts are like too many names. */
const minFuzzyLength = 4
const maxWordLength = 12

export interface Wanted {
  readonly sight: Sight
  readonly query: DriverQuery
}

/** What was found with its score in columns; one row of nulls beside `total` where the page has none. */
export interface FoundRow {
  /** One more than `maxRanked` stands for all that are more. */
  readonly total: number
  readonly counted: readonly CountedValue[] | null
  readonly artifactId: string
  readonly tier: MatchTier
  readonly final: number
  readonly textScore: number
  readonly popularity: number
  readonly freshness: number
  readonly verified: number
  readonly quality: number
}

type Fragment = RawBuilder<unknown>

/** Narrow, because a common word makes a row of every artifact. */
const rowColumns = sql`d.artifact_id, a.downloads, a.stars, a.created_at as created, coalesce(d.published_at, a.created_at) as updated,
  d.verified, d.quality`
const artifactsOf = sql`join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id`
const directionOf = ({ sortOrder = 'desc' }: DriverQuery): Fragment => sql.raw(sortOrder === 'asc' ? 'asc' : 'desc')

/** Whether all that match are ranked; else the order is one that is kept ready. */
export const isRanked = ({ text, candidates, ...query }: DriverQuery): boolean =>
  text !== undefined || (candidates?.length ?? 0) > 0 || narrows({ text, ...query })

/** Everything, in an order that is kept ready (`search_standings`): only what is shown is read and measured, and at most `maxRanked` are counted. */
export function everythingQuery({ sight, query }: Wanted): Fragment {
  const { sortBy = 'relevance', offset, limit } = query
  const direction = directionOf(query)
  // Asked row by row: the database knows little of few namespaces, expects next to no rows of them, and would read all there are.
  const isVisible = sql`(select ${visibleArtifacts(sight)} and ${artifactFilters(query)} from namespaces n where n.id = a.namespace_id)`
  const rows = sql`search_documents d join artifacts a on a.id = d.artifact_id`
  const where = sql`where ${isVisible} and ${documentFilters(query)}`
  const best = sql`select ${rowColumns}, 1 as tier, 1::float8 as "textScore"
    from search_standings s join (${rows}) on d.artifact_id = s.artifact_id ${where}
    order by s.${sql.ref(sortBy)} ${direction}, s.artifact_id ${direction} limit ${limit} offset ${offset}`
  const page = scored(sql`(select *, row_number() over () as place from (${best}) best)`)
  return shown({
    before: sql`page as (${page})`,
    total: sql`(select count(*) from (select 1 from ${rows} ${where} limit ${maxRanked + 1}) matched)`,
    counted: query.facets ? countedValues(sql`(select 1 ${facetColumns} from ${rows} ${where})`) : undefined,
  })
}

/** What matches text, candidates and filters: ranked, where that are at most `maxRanked`; else the total alone is of use. */
export function matchingQuery({ sight, query }: Wanted): Fragment {
  const rows = sql`${matchedRows({ sight, query })} limit ${maxRanked + 1}`
  return pageOf(rows, query)
}

/** More would be read, measured and sorted for a page that nobody reads. */
const poolOf = ({ offset, limit }: DriverQuery): number => (offset + limit <= 1_000 ? 2_000 : maxRanked)

/**
 * Where too much matches to rank it all: what stands highest by the order that is kept ready, and by relevance also what is named so, whatever its
 * standing.
 */
export function standingQuery({ sight, query: { facets: _counted, ...query } }: Wanted): Fragment {
  const { sortBy = 'relevance', text } = query
  const direction = directionOf(query)
  const pool = poolOf(query)
  const { condition, score, tier, joins } = matchOf(query)
  const isVisible = sql`(select ${visibleArtifacts(sight)} and ${artifactFilters(query)} from namespaces n where n.id = a.namespace_id)`
  const columns = sql`${rowColumns}, ${tier} as tier, ${score} as "textScore"`
  const highest = sql`select ${columns} from search_standings s join search_documents d on d.artifact_id = s.artifact_id ${joins}
      join artifacts a on a.id = d.artifact_id
    where ${condition} and ${documentFilters(query)} and ${isVisible}
    order by s.${sql.ref(sortBy)} ${direction}, s.artifact_id ${direction} limit ${pool}`
  if (!text || sortBy !== 'relevance') return pageOf(highest, query)
  const named = sql`${matchedRows({ sight, query }, namedBy(text))} limit ${pool}`
  return pageOf(
    sql`select distinct on (artifact_id) * from ((select *, true as "isSeen" from (${highest}) highest) union all (${named})) best`,
    query,
  )
}

/**
 * The documents that match come first, then their artifacts, then who may see them: each `offset 0` keeps the database from beginning with what it
 * expects least of, which is visibility, and would read all there is for it.
 */
function matchedRows({ sight, query }: Wanted, more = sql`true`): Fragment {
  const match = matchOf(query)
  const counted = query.facets ? sql`, d.capabilities, d.languages, d.licenses` : sql``
  const documents = sql`select d.artifact_id, d.published_at, d.published_by, d.verified, d.quality ${counted}, ${match.tier} as tier,
      ${match.score} as "textScore"
    from search_documents d ${match.joins} where ${match.condition} and ${more} and ${documentFilters(query)} offset 0`
  const counts = query.facets ? facetColumns : sql``
  return sql`select * from (select ${rowColumns}, d.tier, d."textScore" ${counts}, ${visibleArtifacts(sight)} and ${artifactFilters(query)} as "isSeen"
    from (${documents}) d ${artifactsOf} offset 0) seen where "isSeen"`
}

/** Names that may have been meant by a text that nothing visible matches. */
export function similarQuery({ sight, query }: Wanted): Fragment | undefined {
  const { text } = query
  const typed = text?.scoped?.name ?? text?.name ?? ''
  if (typed.length < minFuzzyLength || query.candidates) return undefined
  // A short text may be a word of a name; a long one is a name itself, and its words would be like too many.
  const isWord = typed.length <= maxWordLength
  const whole = sql`similarity(d.name, ${typed})`
  const score = isWord ? sql`least(1, greatest(${whole}, 0.8 * word_similarity(${typed}, d.name)))` : whole
  const likest = sql`select *, ${score}::float8 as "textScore" from search_documents d
    where (d.name % ${typed} ${isWord ? sql`or d.name %> ${typed}` : sql``}) and ${documentFilters(query)}
    order by "textScore" desc, d.artifact_id limit ${maxLike}`
  const rows = sql`select ${rowColumns}, 0 as tier, d."textScore" ${query.facets ? facetColumns : sql``} from (${likest}) d ${artifactsOf}
    where ${visibleArtifacts(sight)} and ${artifactFilters(query)}
    order by "textScore" desc, a.downloads desc, d.artifact_id limit ${maxFuzzy}`
  return pageOf(rows, query)
}

const orderColumns: Record<SearchOrder, Fragment> = {
  relevance: sql`final`,
  downloads: sql`downloads`,
  stars: sql`stars`,
  updated: sql`updated`,
  created: sql`created`,
}

const parts = { popularity: sql`popularity`, freshness: sql`freshness`, verified: sql`"isVerified"`, quality: sql`quality` }

const scored = (rows: Fragment): Fragment => sql`
  select *, (tier + "textScore" * ${weight(parts)}) / 4 as final
  from (select *, ${popularity} as popularity, ${freshness} as freshness, ${verification} as "isVerified" from ${rows} found) measured`

/** Ranks the rows and reads one page of them. */
function pageOf(rows: Fragment, query: DriverQuery): Fragment {
  const { sortBy = 'relevance', offset, limit } = query
  const direction = directionOf(query)
  const order = sql`${orderColumns[sortBy]} ${direction}, final ${direction}, artifact_id`
  const best = sql`${scored(sql`rows`)} order by ${order} limit ${limit} offset ${offset}`
  return shown({
    before: sql`rows as materialized (${rows}), page as (select *, row_number() over () as place from (${best}) best)`,
    total: sql`(select count(*) from rows)`,
    counted: query.facets ? countedValues(sql`rows`) : undefined,
  })
}

interface Page {
  /** Queries, of which `page` is one. */
  readonly before: Fragment
  readonly total: Fragment
  readonly counted: Fragment | undefined
}

const shown = ({ before, total, counted = sql`null::jsonb` }: Page): Fragment => sql`
  with ${before}, summed as materialized (select ${total} as total, ${counted} as counted)
  select s.total, s.counted, p.artifact_id as "artifactId", p.tier, p.final, p."textScore", p.popularity::float8, p.freshness,
    p."isVerified" as verified, p.quality::float8
  from summed s left join page p on true order by p.place`
