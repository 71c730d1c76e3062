import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../auth/contract.ts'
import type { SearchHit, SearchOrder, SearchQuery } from './contract.ts'
import { likeLiterally, type SearchText } from './search-text.ts'
import { freshness, popularity, weight } from './standing.ts'
import { visibleArtifacts } from './visible-artifacts.ts'

/** The last result that can be asked for, and the greatest total. */
export const maxRanked = 10_000
const maxFuzzy = 100
/** Shorter texts are like too many names. */
const minFuzzyLength = 4
const maxWordLength = 12
/** A trigram index finds nothing shorter inside of a name. */
const minInnerLength = 3
const maxMaintainers = 20

export interface Wanted {
  readonly text: SearchText | undefined
  readonly sight: Sight
  readonly query: SearchQuery
}

/** A hit with its score in columns; one row of nulls beside `total` where the page has none. */
export interface HitRow extends Omit<SearchHit, 'score'> {
  readonly total: number
  readonly final: number
  readonly textScore: number
  readonly popularity: number
  readonly freshness: number
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
  return shown(sql`page as (${page})`, sql`(select count(*) from (select 1 from ${rows} ${where} limit ${maxRanked}) counted)`)
}

/** What has the text in its name or its words. Tiers: 3 is the name itself, 2 begins with it, 1 are all others. */
export function matchingQuery({ text, sight, query }: Wanted): Fragment {
  if (!text) return everythingQuery({ text, sight, query })
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
export function similarQuery({ text, sight, query }: Wanted): Fragment | undefined {
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
const rowColumns = sql`d.artifact_id, a.downloads, a.stars, a.created_at as created, coalesce(d.published_at, a.created_at) as updated`
const rowTables = sql`search_documents d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id`

const orderColumns: Record<SearchOrder, Fragment> = {
  relevance: sql`final`,
  downloads: sql`downloads`,
  stars: sql`stars`,
  updated: sql`updated`,
  created: sql`created`,
}

const directionOf = ({ sortOrder = 'desc' }: SearchQuery): Fragment => sql.raw(sortOrder === 'asc' ? 'asc' : 'desc')

const scored = (rows: Fragment): Fragment => sql`
  select *, (tier + "textScore" * ${weight({ popularity: sql`popularity`, freshness: sql`freshness` })}) / 4 as final from (
    select *, ${popularity} as popularity, ${freshness} as freshness from ${rows} found) measured`

/** Ranks the rows and reads what is shown of one page of them. */
function pageOf(rows: Fragment, query: SearchQuery): Fragment {
  const { sortBy = 'relevance', offset, limit } = query
  const direction = directionOf(query)
  const order = sql`${orderColumns[sortBy]} ${direction}, final ${direction}, artifact_id`
  const best = sql`${scored(sql`rows`)} order by ${order} limit ${limit} offset ${offset}`
  const page = sql`page as (select *, row_number() over () as place from (${best}) best)`
  return shown(sql`rows as materialized (${rows}), ${page}`, sql`(select count(*) from rows)`)
}

/** What is told of the rows of `page`, which is one of the queries before. */
const shown = (before: Fragment, total: Fragment): Fragment => sql`
  with ${before}
  select least(${maxRanked}::bigint, ${total}) as total, p.artifact_id as "artifactId", n.name as namespace, a.name, a.format, a.type,
    d.description, d.keywords, d.version, d.license, d.homepage, d.repository, u.name as publisher, d.published_at as "publishedAt",
    ${maintainers} as maintainers, p.downloads, p.stars, p.final, p."textScore", p.popularity::float8, p.freshness
  from (select 1) always left join page p on true
    left join search_documents d on d.artifact_id = p.artifact_id
    left join artifacts a on a.id = p.artifact_id
    left join namespaces n on n.id = a.namespace_id
    left join accounts u on u.id = d.published_by
  order by p.place`

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

function filters({ format, type, namespace, keywords }: SearchQuery): Fragment {
  const parts = [
    ...(format ? [sql`a.format = ${format}`] : []),
    ...(type?.length ? [sql`a.type = any(${type}::text[])`] : []),
    ...(namespace?.length ? [sql`a.namespace_id in (select id from namespaces where name = any(${namespace}::text[]))`] : []),
    ...(keywords?.length ? [sql`d.keywords && ${keywords.map((keyword) => keyword.toLowerCase())}::text[]`] : []),
  ]
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `)
}

const ofMaintainer = ({ maintainer }: SearchQuery): Fragment => (maintainer === undefined ? sql`true` : maintainedBy(maintainer))

const mayPublish = sql`('owner', 'admin', 'write')`

const maintainedBy = (username: string): Fragment =>
  sql`exists (select 1 from accounts u where u.name = ${username} and u.state <> 'deleted' and (u.id = d.published_by or u.id = n.account_id
    or exists (select 1 from grants g where g.artifact_id = a.id and g.user_id = u.id and g.role in ${mayPublish})))`

const usernames = (of: Fragment): Fragment =>
  sql`(select array_agg(name order by name) from (select m.name ${of} order by m.name limit ${sql.lit(maxMaintainers)}) names)`

/** Of a row of `page p`. */
const maintainers: Fragment = sql`coalesce(
  ${usernames(sql`from grants g join accounts m on m.id = g.user_id where g.artifact_id = p.artifact_id and g.role in ${mayPublish}`)},
  ${usernames(sql`from account_members o join accounts m on m.id = o.user_id where o.account_id = n.account_id and o.role = 'owner'`)},
  '{}')`
