import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import type { MatchTier, SearchOrder } from '../contract.ts'
import { licenseId } from '../declared-facts.ts'
import { gatiKey } from '../gati-range.ts'
import { mayPublish } from '../hits.queries.ts'
import { type DriverQuery, maxRanked } from '../search-driver.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'
import { visibleArtifacts } from '../visible-artifacts.ts'
import { freshness, popularity, verification, weight } from './standing.ts'

const maxFuzzy = 100
/** Shorter texts are like too many names. */
const minFuzzyLength = 4
const maxWordLength = 12
/** A trigram index finds nothing shorter inside of a name. */
const minInnerLength = 3

export interface Wanted {
  readonly sight: Sight
  readonly query: DriverQuery
}

/** What was found with its score in columns; one row of nulls beside `total` where the page has none. */
export interface FoundRow {
  readonly total: number
  readonly totalIsExact: boolean
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

/** Everything, in an order that is kept ready (`search_standings`): only what is shown is read and measured, and at most `maxRanked` are counted. */
function everythingQuery({ sight, query }: Wanted): Fragment {
  const { sortBy = 'relevance', offset, limit } = query
  const direction = directionOf(query)
  // Asked row by row: the database knows little of few namespaces, expects next to no rows of them, and would read all there are.
  const isVisible = sql`(select ${visibleArtifacts(sight)} and ${ofMaintainer(query)} from namespaces n where n.id = a.namespace_id)`
  const rows = sql`search_documents d join artifacts a on a.id = d.artifact_id`
  const where = sql`where ${isVisible} and ${filters(query)}`
  const best = sql`select ${rowColumns}, 1 as tier, 1::float8 as "textScore"
    from search_standings s join (${rows}) on d.artifact_id = s.artifact_id ${where}
    order by s.${sql.ref(sortBy)} ${direction}, s.artifact_id ${direction} limit ${limit} offset ${offset}`
  const page = scored(sql`(select *, row_number() over () as place from (${best}) best)`)
  return shown(sql`page as (${page})`, sql`(select count(*) from (select 1 from ${rows} ${where} limit ${maxRanked + 1}) matched)`)
}

/** What has the text in its name or its words. Tiers: 3 is the name itself, 2 begins with it, 1 are all others. */
export function matchingQuery({ sight, query }: Wanted): Fragment {
  const { text } = query
  if (!text) return everythingQuery({ sight, query })
  const where = sql`${visibleArtifacts(sight)} and ${filters(query)} and ${ofMaintainer(query)}`
  const words = tsquery(text)
  const inside = `${text.name.length >= minInnerLength ? '%' : ''}${likeLiterally(text.name)}%`
  // How much of the name was typed, for a match that is no whole word.
  const share = sql`case when d.name like ${inside} then ${text.name.length}::float8 / length(d.name) else 0 end`
  const score = sql`least(1, greatest(ts_rank('{0.1, 0.2, 0.5, 1.0}', d.document, ${words}, 32), ${share}))`
  const rows = sql`select ${rowColumns}, ${tier(text)} as tier, ${score} as "textScore" from ${rowTables}
    where ${where} and (d.document @@ ${words} or d.name like ${inside} ${begins(text)})`
  return pageOf(rows, query)
}

/** Names that may have been meant by a text that nothing visible matches. */
export function similarQuery({ sight, query }: Wanted): Fragment | undefined {
  const { text } = query
  const typed = text?.scoped?.name ?? text?.name ?? ''
  if (typed.length < minFuzzyLength) return undefined
  // A short text may be a word of a name; a long one is a name itself, and its words would be like too many.
  const isWord = typed.length <= maxWordLength
  const whole = sql`similarity(d.name, ${typed})`
  const score = isWord ? sql`least(1, greatest(${whole}, 0.8 * word_similarity(${typed}, d.name)))` : whole
  const rows = sql`select ${rowColumns}, 0 as tier, ${score}::float8 as "textScore" from ${rowTables}
    where ${visibleArtifacts(sight)} and ${filters(query)} and ${ofMaintainer(query)} and (d.name % ${typed} ${isWord ? sql`or d.name %> ${typed}` : sql``})
    order by "textScore" desc, a.downloads desc, d.artifact_id limit ${maxFuzzy}`
  return pageOf(rows, query)
}

/** Narrow, because a common word makes a row of every artifact. */
const rowColumns = sql`d.artifact_id, a.downloads, a.stars, a.created_at as created, coalesce(d.published_at, a.created_at) as updated,
  d.verified, d.quality`
const rowTables = sql`search_documents d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id`

const orderColumns: Record<SearchOrder, Fragment> = {
  relevance: sql`final`,
  downloads: sql`downloads`,
  stars: sql`stars`,
  updated: sql`updated`,
  created: sql`created`,
}

const directionOf = ({ sortOrder = 'desc' }: DriverQuery): Fragment => sql.raw(sortOrder === 'asc' ? 'asc' : 'desc')

const scored = (rows: Fragment): Fragment => sql`
  select *, (tier + "textScore" * ${weight({ popularity: sql`popularity`, freshness: sql`freshness`, verified: sql`"isVerified"`, quality: sql`quality` })}) / 4 as final
  from (select *, ${popularity} as popularity, ${freshness} as freshness, ${verification} as "isVerified" from ${rows} found) measured`

/** Ranks the rows and reads what is shown of one page of them. */
function pageOf(rows: Fragment, query: DriverQuery): Fragment {
  const { sortBy = 'relevance', offset, limit } = query
  const direction = directionOf(query)
  const order = sql`${orderColumns[sortBy]} ${direction}, final ${direction}, artifact_id`
  const best = sql`${scored(sql`rows`)} order by ${order} limit ${limit} offset ${offset}`
  const page = sql`page as (select *, row_number() over () as place from (${best}) best)`
  return shown(sql`rows as materialized (${rows}), ${page}`, sql`(select count(*) from rows)`)
}

/** The rows of `page`, which is one of the queries before, and how many there are in all; one more than `maxRanked` are counted. */
const shown = (before: Fragment, total: Fragment): Fragment => sql`
  with ${before}, counted as (select ${total} as total)
  select least(${maxRanked}::bigint, c.total) as total, c.total <= ${maxRanked}::bigint as "totalIsExact", p.artifact_id as "artifactId", p.tier,
    p.final, p."textScore", p.popularity, p.freshness, p."isVerified" as verified, p.quality::float8
  from counted c left join page p on true order by p.place`

/** Whole words by their stem, or the beginnings of words as they are written. */
function tsquery({ words, prefixes }: SearchText): Fragment {
  const written = prefixes === '' ? sql`plainto_tsquery('simple', ${words})` : sql`to_tsquery('simple', ${prefixes})`
  return sql`(plainto_tsquery('english', ${words}) || ${written})`
}

const begins = ({ scoped }: SearchText): Fragment =>
  scoped ? sql`or (d.namespace = ${scoped.namespace} and d.name like ${`${likeLiterally(scoped.name)}%`})` : sql``

function tier(text: SearchText): Fragment {
  const { name, scoped } = text
  const isNamed = scoped ? sql`or (d.namespace = ${scoped.namespace} and d.name = ${scoped.name})` : sql``
  return sql`case when d.name = ${name} ${isNamed} then 3 when d.name like ${`${likeLiterally(name)}%`} ${begins(text)} then 2 else 1 end`
}

/** Of rows `d`, `a` and `n`: what the caller may see and asked for, whatever the words are. */
export const eligible = (sight: Sight, query: Filters): Fragment =>
  sql`${visibleArtifacts(sight)} and ${filters(query)} and ${ofMaintainer(query)}`

type Filters = Omit<DriverQuery, 'text' | 'candidates'>

function filters({ format, type, namespace, keywords, capabilities, language, license, gatiVersion }: Filters): Fragment {
  const parts = [
    ...(format ? [sql`a.format = ${format}`] : []),
    ...(type?.length ? [sql`a.type = any(${type}::text[])`] : []),
    ...(namespace?.length ? [sql`a.namespace_id in (select id from namespaces where name = any(${namespace}::text[]))`] : []),
    ...(keywords?.length ? [sql`d.keywords && ${keywords.map((keyword) => keyword.toLowerCase())}::text[]`] : []),
    ...(capabilities?.length ? [sql`d.capabilities && ${capabilities}::text[]`] : []),
    ...(language?.length ? [sql`d.languages && ${language.map((name) => name.toLowerCase())}::text[]`] : []),
    ...(license?.length ? [sql`d.licenses && ${license.map(licenseId)}::text[]`] : []),
    ...(gatiVersion === undefined ? [] : [allows(gatiKey(gatiVersion) ?? '')]),
  ]
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `)
}

const allows = (key: string): Fragment =>
  sql`exists (select from unnest(d.gati_from, d.gati_until) as i (lowest, behind) where lowest <= ${key} and (behind is null or behind > ${key}))`

const ofMaintainer = ({ maintainer }: Filters): Fragment => (maintainer === undefined ? sql`true` : maintainedBy(maintainer))

const maintainedBy = (username: string): Fragment =>
  sql`exists (select 1 from accounts u where u.name = ${username} and u.state <> 'deleted' and (u.id = d.published_by or u.id = n.account_id
    or exists (select 1 from grants g where g.artifact_id = a.id and g.user_id = u.id and g.role in ${mayPublish})))`
