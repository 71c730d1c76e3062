import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'

type Fragment = RawBuilder<unknown>

/** Rows of `search_documents d` that are not everybody's, and yet the caller's. */
const own = ({ accountIds, artifactIds }: Sight): Fragment[] => [
  ...(accountIds.length > 0 ? [sql`d.account_id = any(${accountIds}::uuid[])`] : []),
  ...(artifactIds.length > 0 ? [sql`d.artifact_id = any(${artifactIds}::uuid[])`] : []),
]

/** Which rows of `search_documents d` the caller finds (P5), without another table: triggers keep them as the rules are. */
export const seenDocuments = (sight: Sight): Fragment =>
  sight.everything ? sql`d.is_shown` : sql`(d.is_shown and (${sql.join([sql`d.is_public`, ...own(sight)], sql` or `)}))`

/**
 * The same rows in a form that Postgres looks for in no index: beside words, what everybody sees is most of all there is, and going through an index
 * of it takes longer than asking the rows that have the words.
 */
export const seenBesideWords = (sight: Sight): Fragment => sql`case when ${seenDocuments(sight)} then true end`

/** The same rows in parts that each have an index, and that share none: to be counted where nothing else narrows them. */
export function seenParts(sight: Sight): readonly Fragment[] {
  const everybodys = sql`d.is_shown and d.is_public`
  if (sight.everything) return [everybodys, sql`d.is_shown and not d.is_public`]
  const mine = own(sight)
  return mine.length === 0 ? [everybodys] : [everybodys, sql`d.is_shown and not d.is_public and (${sql.join(mine, sql` or `)})`]
}
