import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'
import { visibleArtifacts } from '../visible-artifacts.ts'

type Fragment = RawBuilder<unknown>

/** So many names are ranked; where more begin with a text, those that stand highest soon have it. */
export const maxBegun = 1_000
/** Who sees them is asked of so many names, those most like the text. */
const maxLike = 500
/** Shorter texts are like too many names. */
const minFuzzyLength = 4

const columns = sql`a.id as "artifactId", n.name as namespace, a.name`

/** Asked row by row: the database knows little of few namespaces, and would begin with all that may be seen. */
const isVisible = (sight: Sight): Fragment =>
  sql`(select ${visibleArtifacts(sight)} from artifacts a join namespaces n on n.id = a.namespace_id where a.id = s.artifact_id)`

const shown = (found: Fragment): Fragment =>
  sql`select ${columns} from (${found}) f join artifacts a on a.id = f.artifact_id join namespaces n on n.id = a.namespace_id order by f.place`

/** Names that begin with the text, or with the name in `namespace/name`. One row of nulls where there are none, or more than `maxBegun` begin so. */
export function suggestedNames(sight: Sight, { name, scoped }: SearchText, limit: number): Fragment {
  const typed = scoped?.name ?? name
  const begins = scoped
    ? sql`select d.artifact_id, d.name, s.relevance from search_documents d join search_standings s on s.artifact_id = d.artifact_id
        where d.namespace = ${scoped.namespace} and d.name like ${`${likeLiterally(typed)}%`} order by d.name limit ${maxBegun}`
    : sql`select artifact_id, name, relevance from search_standings where name like ${`${likeLiterally(typed)}%`}`
  return sql`with begun as materialized (select * from (${begins}) b limit ${maxBegun + 1}), counted as materialized (select count(*) as begun from begun),
      seen as (select * from begun s where (select begun from counted) <= ${maxBegun} and ${isVisible(sight)}
        order by name = ${typed} desc, relevance desc, artifact_id limit ${limit})
    select a.id as "artifactId", n.name as namespace, a.name, c.begun from counted c left join seen s on true
      left join artifacts a on a.id = s.artifact_id left join namespaces n on n.id = a.namespace_id
    order by s.name = ${typed} desc, s.relevance desc, s.artifact_id`
}

/** As before, where too many names begin so to rank them all: from the top of all that there is, the name itself before. */
export function suggestedByStanding(sight: Sight, { name }: SearchText, limit: number): Fragment {
  const named = sql`select artifact_id, relevance + 1 as relevance from search_standings s where name = ${name} and ${isVisible(sight)} limit ${limit}`
  const best = sql`select artifact_id, relevance from search_standings s where name like ${`${likeLiterally(name)}%`} and name <> ${name}
    and ${isVisible(sight)} order by s.relevance desc, s.artifact_id desc limit ${limit}`
  return shown(sql`select artifact_id, row_number() over (order by relevance desc, artifact_id) as place
    from ((${named}) union all (${best}) order by relevance desc, artifact_id limit ${limit}) s`)
}

export function suggestedSimilar(sight: Sight, { name, scoped }: SearchText, limit: number): Fragment | undefined {
  const typed = scoped?.name ?? name
  if (typed.length < minFuzzyLength) return undefined
  return shown(sql`select artifact_id, row_number() over (order by likeness desc, artifact_id) as place
    from (select * from (select artifact_id, similarity(name, ${typed}) as likeness from search_documents where name % ${typed}
        order by likeness desc, artifact_id limit ${maxLike}) s
      where ${isVisible(sight)} order by likeness desc, artifact_id limit ${limit}) s`)
}
