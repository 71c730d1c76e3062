import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'
import { visibleArtifacts } from '../visible-artifacts.ts'

type Fragment = RawBuilder<unknown>

/** So many names are ranked; where more begin with a text, those that stand highest soon have it. */
export const maxBegun = 1_000
/** Shorter texts are like too many names. */
const minFuzzyLength = 4

const columns = sql`a.id as "artifactId", n.name as namespace, a.name`

/** Asked row by row: the database knows little of few namespaces, and would begin with all that may be seen. */
const isVisible = (sight: Sight): Fragment =>
  sql`(select ${visibleArtifacts(sight)} from artifacts a join namespaces n on n.id = a.namespace_id where a.id = s.artifact_id)`

const shown = (found: Fragment): Fragment =>
  sql`select ${columns}, f.begun from (${found}) f join artifacts a on a.id = f.artifact_id join namespaces n on n.id = a.namespace_id order by f.place`

/** Names that begin with the text, or with the name in `namespace/name`. `begun`: how many were looked at, more than `maxBegun` for too many. */
export function suggestedNames(sight: Sight, { name, scoped }: SearchText, limit: number): Fragment {
  const typed = scoped?.name ?? name
  const begins = scoped
    ? sql`select d.artifact_id, d.name, s.relevance from search_documents d join search_standings s on s.artifact_id = d.artifact_id
        where d.namespace = ${scoped.namespace} and d.name like ${`${likeLiterally(typed)}%`}`
    : sql`select artifact_id, name, relevance from search_standings where name like ${`${likeLiterally(typed)}%`}`
  return shown(sql`with begun as materialized (${begins} limit ${maxBegun + 1}), seen as (
      select * from begun s where ${isVisible(sight)} order by name = ${typed} desc, relevance desc, artifact_id limit ${limit})
    select artifact_id, (select count(*) from begun) as begun,
      row_number() over (order by name = ${typed} desc, relevance desc, artifact_id) as place from seen`)
}

/** As before, where too many names begin so to rank them all: from the top of all that there is, the name itself before. */
export function suggestedByStanding(sight: Sight, { name }: SearchText, limit: number): Fragment {
  const named = sql`select artifact_id, relevance + 1 as relevance from search_standings s where name = ${name} and ${isVisible(sight)} limit ${limit}`
  const best = sql`select artifact_id, relevance from search_standings s where name like ${`${likeLiterally(name)}%`} and name <> ${name}
    and ${isVisible(sight)} order by s.relevance desc, s.artifact_id desc limit ${limit}`
  return shown(sql`select artifact_id, 0 as begun, row_number() over (order by relevance desc, artifact_id) as place
    from ((${named}) union all (${best}) order by relevance desc, artifact_id limit ${limit}) s`)
}

export function suggestedSimilar(sight: Sight, { name, scoped }: SearchText, limit: number): Fragment | undefined {
  const typed = scoped?.name ?? name
  if (typed.length < minFuzzyLength) return undefined
  return shown(sql`select artifact_id, 0 as begun, row_number() over (order by likeness desc, artifact_id) as place
    from (select artifact_id, similarity(name, ${typed}) as likeness from search_documents s where name % ${typed} and ${isVisible(sight)}
      order by likeness desc, artifact_id limit ${limit}) s`)
}
