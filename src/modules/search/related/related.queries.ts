import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'

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

const inCommon = (of: string, with_: readonly string[]): RawBuilder<unknown> =>
  sql`(select count(*) from unnest(${sql.ref(of)}) w (word) where word = any(${with_}::text[]))`

/** Documents with one of these words, those with most of them first, and those that `nearIds` names; `where` is over rows `d`, `a` and `n`. */
export const sharingWords = (
  database: Database,
  { keywords, dependencies }: OwnWords,
  { where, nearIds }: { readonly where: RawBuilder<unknown>; readonly nearIds: readonly string[] },
): Promise<SharedWords[]> => {
  const rows = sql`search_documents d join artifacts a on a.id = d.artifact_id join namespaces n on n.id = a.namespace_id
    left join search_declarations s on s.artifact_id = d.artifact_id`
  const best = (condition: RawBuilder<unknown>, order: RawBuilder<unknown>) =>
    sql`(select d.artifact_id from ${rows} where ${condition} and ${where} order by ${order} desc, a.downloads desc, d.artifact_id limit ${maxOfOne})`
  return database.sql<SharedWords>`
    with found as (
      ${best(sql`d.keywords && ${keywords}::text[]`, inCommon('d.keywords', keywords))}
      union ${best(sql`s.dependencies && ${dependencies}::text[]`, inCommon('s.dependencies', dependencies))}
      union select unnest(${nearIds}::uuid[]))
    select d.artifact_id as "artifactId", d.keywords, coalesce(s.dependencies, '{}') as dependencies
    from found f join search_documents d on d.artifact_id = f.artifact_id left join search_declarations s on s.artifact_id = d.artifact_id`
}
