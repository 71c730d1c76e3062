import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'

type Fragment = RawBuilder<unknown>

export interface OwnWords {
  readonly keywords: readonly string[]
  readonly dependencies: readonly string[]
}

export async function ownWords(database: Database, artifactId: string): Promise<OwnWords> {
  const [row] = await database.sql<OwnWords>`select d.keywords, coalesce(s.dependencies, '{}') as dependencies
    from search_documents d left join search_declarations s on s.artifact_id = d.artifact_id where d.artifact_id = ${artifactId}`
  return row ?? { keywords: [], dependencies: [] }
}

export interface SharedWords extends OwnWords {
  readonly artifactId: string
}

/** Of each way to be related. */
const maxOfOne = 100
/** What is in everything tells nothing, and costs most. */
const maxWords = 10
/** That have one word, before those with most of them are told from the others. */
const maxOfWord = 500

const inCommon = (of: Fragment, with_: readonly string[]): Fragment =>
  sql`(select count(*) from unnest(${of}) w (word) where word = any(${with_}::text[]))`

/** The rarest of these words by what the database knows of the column, which is nothing about rare ones. */
const rarest = (words: readonly string[], { table, column }: { readonly table: string; readonly column: string }): Fragment =>
  sql`(select w.word from unnest(${words}::text[]) w (word) left join (
      select e.word, e.frequency from pg_stats s, unnest(s.most_common_elems::text::text[], s.most_common_elem_freqs) e (word, frequency)
      where s.schemaname = any(current_schemas(false)) and s.tablename = ${table} and s.attname = ${column}) f on f.word = w.word
    order by f.frequency nulls first, w.word limit ${maxWords})`

/**
 * Documents with one of these words, those with most of them first, and those that `nearIds` names; `where` is over rows `d`, `a` and `n`. Of many words
 * the rarest are looked for, and a bounded number of documents with each.
 */
export const sharingWords = (
  database: Database,
  { keywords, dependencies }: OwnWords,
  { where, nearIds }: { readonly where: Fragment; readonly nearIds: readonly string[] },
): Promise<SharedWords[]> => {
  const rows = sql`search_documents d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
    left join search_declarations s on s.artifact_id = d.artifact_id`
  const best = (own: readonly string[], of: Fragment, words: Fragment) => sql`(select d.artifact_id from (
      select distinct one.artifact_id from ${words} w cross join lateral (
        select d.artifact_id from ${rows} where ${of} @> array[w.word] and ${where} limit ${maxOfWord}) one) shared
    join (${rows}) on d.artifact_id = shared.artifact_id order by ${inCommon(of, own)} desc, a.downloads desc, d.artifact_id limit ${maxOfOne})`
  return database.sql<SharedWords>`
    with found as (
      ${best(keywords, sql`d.keywords`, rarest(keywords, { table: 'search_documents', column: 'keywords' }))}
      union ${best(dependencies, sql`s.dependencies`, rarest(dependencies, { table: 'search_declarations', column: 'dependencies' }))}
      union select unnest(${nearIds}::uuid[]))
    select d.artifact_id as "artifactId", d.keywords, coalesce(s.dependencies, '{}') as dependencies
    from found f join search_documents d on d.artifact_id = f.artifact_id left join search_declarations s on s.artifact_id = d.artifact_id`
}
