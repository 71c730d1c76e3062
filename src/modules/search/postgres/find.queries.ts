import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import type { MatchTier } from '../contract.ts'
import { type DriverQuery, maxRanked } from '../search-driver.ts'
import { eligible, eligibleBesideWords } from './eligible.ts'
import { type CountedValue, countedValues, facetColumns } from './facets.ts'
import { documentFilters, isWide } from './filters.ts'
import { seenParts } from './sight.ts'
import type { SimilarNames } from './similar-names.ts'
import { freshness, popularity, verification, weight } from './standing.ts'
import { alsoFound, isNamed, matchOf } from './text-match.ts'

/** So many matches are all ranked. */
export const maxFull = 1_500
/** Of more, so many that stand highest: the same for every page, so that pages hold everything once. */
export const poolSize = 500
/** Where more than are counted match, so many that begin with the text come before all others. */
const maxBegun = 300

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

const rowColumns = sql`d.artifact_id, d.downloads, d.stars, d.created, d.updated, d.verified, d.quality`
const directionOf = ({ sortOrder = 'desc' }: DriverQuery): Fragment => sql.raw(sortOrder === 'asc' ? 'asc' : 'desc')
const columnOf = ({ sortBy = 'relevance' }: DriverQuery): string => sortBy
const wantedOnly = ({ sight, query }: Wanted): Fragment => (query.text ? eligibleBesideWords : eligible)(sight, query)
/** Where more than the pool matches, deep pages go on in the order of standing. */
const reach = ({ offset, limit }: DriverQuery): number => Math.max(poolSize, offset + limit)
/** By relevance the best come first whatever their standing: what has the name, and what something else than words found. */
const prefersNames = ({ text, sortBy = 'relevance', sortOrder = 'desc' }: DriverQuery): boolean =>
  text !== undefined && sortBy === 'relevance' && sortOrder === 'desc'

/** How many there are of what few values have, at most one more than `maxRanked`: counted in an index. */
export const countQuery = ({ sight, query }: Wanted): Fragment => {
  const parts = conditions({ sight, query }).map((condition) => sql`(select 1 from search_documents d where ${condition})`)
  return sql`select count(*) as total from (select 1 from (${sql.join(parts, sql` union all `)}) parts limit ${maxRanked + 1}) matched`
}

/** What has no text, in an order that is kept ready (`search_standings`): only what is shown is read and measured. */
export function listedQuery({ sight, query }: Wanted): Fragment {
  const { offset, limit } = query
  const where = sql`where ${wantedOnly({ sight, query })}`
  const highest = sql`select ${rowColumns}, 1 as tier, 1::float8 as "textScore"
    from search_standings s join search_documents d on d.artifact_id = s.artifact_id ${where}
    ${standingOrder(query)} limit ${limit} offset ${offset}`
  const page = scored(sql`(select *, row_number() over () as place from (${highest}) highest)`)
  const counted = query.facets ? countedValues(sql`(select 1 ${facetColumns} from search_documents d ${where})`) : undefined
  return shown({ before: sql`page as (${page})`, total: sql`0`, counted })
}

const standingOrder = (query: DriverQuery): Fragment =>
  sql`order by s.${sql.ref(columnOf(query))} ${directionOf(query)}, s.artifact_id ${directionOf(query)}`

/**
 * What matches text, candidates and filters. Matches are counted first, by rows that say who sees them and without reading their words; ranked are all
 * where that are few, else those that stand highest. More than `maxRanked` matches: the total and facets alone.
 */
export function matchingQuery({ sight, query }: Wanted): Fragment {
  const direction = directionOf(query)
  const preference = prefersNames(query) ? preferenceOf(query) : sql`0`
  const columns = sql`d.ctid as tid, d.artifact_id, d.${sql.ref(columnOf(query))} as standing, ${preference} as preference ${query.facets ? facetColumns : sql``}`
  const rows = conditions({ sight, query }).map((condition) => sql`(select ${columns} from search_documents d where ${condition})`)
  const matched = sql`select * from (${sql.join(rows, sql` union all `)}) parts limit ${maxRanked + 1}`
  const pool = sql`select tid, row_number() over () as place from (
    select tid from matched where (select total from counted) <= ${maxRanked}
    order by preference desc, standing ${direction}, artifact_id ${direction}
    limit case when (select total from counted) <= ${maxFull} then ${sql.lit(maxFull)} else ${sql.lit(reach(query))} end) best`
  return shown({
    before: sql`matched as materialized (${matched}), counted as materialized (select count(*) as total from matched),
      pool as materialized (${pool}),
      page as (${pageOf(query, behindPool)})`,
    total: sql`(select total from counted)`,
    counted: query.facets ? countedValues(sql`matched`) : undefined,
  })
}

/** Of rows `pool p`: what is not ranked by its text keeps its place. */
const behindPool = sql`case when p.place > ${sql.lit(poolSize)} and (select total from counted) > ${sql.lit(maxFull)} then p.place else 0 end`

/** Each with an index that finds its rows; no row is in two. */
const conditions = ({ sight, query }: Wanted): readonly Fragment[] =>
  isWide(query)
    ? seenParts(sight).map((part) => sql`${part} and ${documentFilters(query)}`)
    : [sql`${matchOf(query).condition} and ${wantedOnly({ sight, query })}`]

const preferenceOf = (query: DriverQuery): Fragment => sql`greatest(${matchOf(query).tier}, case when ${alsoFound(query)} then 2 end)`

/**
 * Where more than `maxRanked` match a text: what stands highest by the order that is kept ready, until there is enough of it. By relevance what is
 * named so comes before, whatever its standing: all that have the very name, and of what begins with it again what stands highest.
 */
export function standingQuery(wanted: Wanted): Fragment {
  const { facets: _counted, ...query } = wanted.query
  const parts = prefersNames(query) && query.text ? namedParts(wanted, query.text) : []
  // What something else than words found is ranked among all.
  const areFirst = parts.length > 0 && !query.candidates?.length
  const named =
    parts.length > 0
      ? sql.join(
          parts.map((part) => sql`(${part})`),
          sql` union `,
        )
      : sql`select null::tid as tid where false`
  const { offset, limit } = query
  const isEnough = areFirst ? sql`(select count(*) from named) >= ${offset + limit}` : sql`false`
  // Row by row in this order: any other plan begins with all that match.
  const highest = sql`select d.tid from (select artifact_id from search_standings s ${standingOrder(query)} offset 0) s
    cross join lateral (select d.ctid as tid from search_documents d
      where d.artifact_id = s.artifact_id and ${matchOf(query).condition} and ${wantedOnly(wanted)} offset 0) d
    limit case when ${isEnough} then 0 else ${sql.lit(reach(query))} end`
  const pool = sql`select tid, 0 as place from named union all
    select tid, place from (select tid, row_number() over () as place from (${highest}) h) h where not exists (select from named n where n.tid = h.tid)`
  return shown({
    before: sql`named as materialized (${named}), pool as materialized (${pool}), page as (${pageOf(query, areFirst ? behindNamed : behindHighest)})`,
    total: sql`0`,
    counted: undefined,
  })
}

const behindHighest = sql`case when p.place > ${sql.lit(poolSize)} then p.place else 0 end`
const behindNamed = sql`case when p.place > ${sql.lit(poolSize)} then p.place when p.place > 0 then 1 else 0 end`

/** Rows whose name is the text, or begins with it, by the index of each. */
function namedParts({ sight, query }: Wanted, text: NonNullable<DriverQuery['text']>): readonly Fragment[] {
  const seen = wantedOnly({ sight, query })
  const { name, begins, scoped, scopedBegins } = isNamed(text)
  const rows = sql`search_standings s join search_documents d on d.artifact_id = s.artifact_id`
  const alone = (condition: Fragment): Fragment => sql`select d.ctid as tid from search_documents d where ${condition} and ${seen}`
  return [
    sql`select d.ctid as tid from ${rows} where s.name = ${name} and ${seen}`,
    sql`select d.ctid as tid from ${rows} where s.name like ${begins} and ${seen} order by s.relevance desc, s.artifact_id limit ${sql.lit(maxBegun)}`,
    ...(scoped && scopedBegins ? [alone(scoped), sql`${alone(scopedBegins)} limit ${sql.lit(maxBegun)}`] : []),
    ...(query.candidates?.length ? [alone(alsoFound(query))] : []),
  ]
}

const scored = (rows: Fragment): Fragment => sql`
  select *, (tier + "textScore" * ${weight(parts)}) / 4 as final
  from (select *, ${popularity} as popularity, ${freshness} as freshness, ${verification} as "isVerified" from ${rows} found) measured`
const parts = { popularity: sql`popularity`, freshness: sql`freshness`, verified: sql`"isVerified"`, quality: sql`quality` }

/** Ranks `pool` (tid, place: rows of documents, for this statement) and reads one page of it; `behind` keeps what is not ranked in its order. */
function pageOf(query: DriverQuery, behind: Fragment): Fragment {
  const { offset, limit } = query
  const { tier, score, joins } = matchOf(query)
  const direction = directionOf(query)
  const column = columnOf(query) === 'relevance' ? sql`final` : sql.ref(columnOf(query))
  const rows = sql`(select ${rowColumns}, ${tier} as tier, ${score} as "textScore", ${behind} as behind
    from pool p join search_documents d on d.ctid = p.tid ${joins})`
  const best = sql`${scored(rows)} order by behind, ${column} ${direction}, final ${direction}, artifact_id limit ${limit} offset ${offset}`
  return sql`select *, row_number() over () as place from (${best}) best`
}

const maxFuzzy = 100

/** Names that may have been meant. */
export function similarQuery({ sight, query }: Wanted, { rows: names, where }: SimilarNames): Fragment {
  const rows = sql`select ${rowColumns}, 0 as tier, s.likeness::float8 as "textScore" ${query.facets ? facetColumns : sql``}
    from (${names}) s join search_documents d on d.artifact_id = s.artifact_id
    where ${where} and ${wantedOnly({ sight, query })} order by "textScore" desc, d.downloads desc, d.artifact_id limit ${maxFuzzy}`
  const { offset, limit } = query
  const direction = directionOf(query)
  const column = columnOf(query) === 'relevance' ? sql`final` : sql.ref(columnOf(query))
  const best = sql`${scored(sql`matched`)} order by ${column} ${direction}, final ${direction}, artifact_id limit ${limit} offset ${offset}`
  return shown({
    before: sql`matched as materialized (${rows}), page as (select *, row_number() over () as place from (${best}) best)`,
    total: sql`(select count(*) from matched)`,
    counted: query.facets ? countedValues(sql`matched`) : undefined,
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
