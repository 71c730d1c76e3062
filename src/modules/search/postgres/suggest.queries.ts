import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'
import { seenDocuments } from './sight.ts'
import type { SimilarNames } from './similar-names.ts'

type Fragment = RawBuilder<unknown>

/** So many names are ranked; where more begin with a text, those that stand highest soon have it. */
export const maxBegun = 1_000
/** Asked row by row, in the order of the names that are wanted. */
const isVisible = (sight: Sight): Fragment =>
  sql`(select ${seenDocuments(sight)} from search_documents d where d.artifact_id = s.artifact_id)`

const shown = (found: Fragment): Fragment =>
  sql`select d.artifact_id as "artifactId", d.namespace, d.name from (${found}) f join search_documents d on d.artifact_id = f.artifact_id order by f.place`

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
    select d.artifact_id as "artifactId", d.namespace, d.name, c.begun from counted c left join seen s on true
      left join search_documents d on d.artifact_id = s.artifact_id
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

/** Names like the text, the likest first. */
export const suggestedSimilar = (sight: Sight, { rows, where }: SimilarNames, limit: number): Fragment =>
  shown(sql`select artifact_id, row_number() over (order by likeness desc, artifact_id) as place
    from (select s.artifact_id, s.likeness from (${rows}) s join search_documents d on d.artifact_id = s.artifact_id
      where ${where} and ${seenDocuments(sight)} order by s.likeness desc, s.artifact_id limit ${limit}) s`)
