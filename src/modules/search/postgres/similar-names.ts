import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import {
  maxShortLength,
  maxWordLength,
  minFuzzyLength,
  minLikeness,
  namesBeforeSlip,
  partsBeforeSlip,
  shareOfWhole,
  shareOfWord,
  shortExcess,
  slipLikeness,
} from '../names-alike.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'
import { seenDocuments } from './sight.ts'

type Fragment = RawBuilder<unknown>

export interface SimilarNames {
  /** Rows of `artifact_id` and `likeness`, 0 to 1; indexes of names find them. */
  readonly rows: Fragment
  /** Which of them are meant, of `search_documents d`. */
  readonly where: Fragment
  /** Before it in its transaction: how alike a name has to be. */
  readonly setting: Fragment
}

/**
 * Names that may have been meant by a text that nothing visible matches; `undefined` for what is too short to tell. Of `namespace/name` names in
 * that namespace, where the caller sees anything in it; else such a name anywhere.
 */
export function similarNames(sight: Sight, { name, scoped }: SearchText): SimilarNames | undefined {
  const typed = scoped?.name ?? name
  if (typed.length < minFuzzyLength) return undefined
  const isWord = !scoped && typed.length <= maxWordLength
  const found = [isBeforeSlip(typed), likeWhole(typed), ...(isWord ? [sql`name %> ${typed}`] : [])]
  const names = found.map((condition) => sql`(select artifact_id, name from search_standings where ${condition})`)
  const inNamespace = sql`not exists (select from search_documents d where d.namespace = ${scoped?.namespace} and ${seenDocuments(sight)} offset 0)`
  return {
    rows: sql`select artifact_id, ${likenessOf(typed, isWord)} as likeness from (${sql.join(names, sql` union `)}) names`,
    where: scoped ? sql`(d.namespace = ${scoped.namespace} or ${inNamespace})` : sql`true`,
    setting: sql`select set_config('pg_trgm.similarity_threshold', ${String(minLikeness(typed.length))}, true)`,
  }
}

const isBeforeSlip = (typed: string): Fragment => sql`name = any(${namesBeforeSlip(typed)}::text[])`
const isAroundSlip = (typed: string): Fragment =>
  sql`name like any(${partsBeforeSlip(typed).map(([before, behind]) => `${likeLiterally(before)}_${likeLiterally(behind)}`)}::text[])`

function likenessOf(typed: string, isWord: boolean): Fragment {
  const parts = [
    sql`case when ${isBeforeSlip(typed)} or ${isAroundSlip(typed)} then ${sql.lit(slipLikeness)} end`,
    sql`${sql.lit(shareOfWhole)} * similarity(name, ${typed})`,
    ...(isWord ? [sql`${sql.lit(shareOfWord)} * word_similarity(${typed}, name)`] : []),
  ]
  return sql`greatest(${sql.join(parts)})`
}

const likeWhole = (typed: string): Fragment =>
  typed.length > maxShortLength
    ? sql`name % ${typed}`
    : sql`name like ${`${likeLiterally(typed.slice(0, 1))}%`} and length(name) <= ${typed.length + shortExcess}
        and (${isAroundSlip(typed)} or similarity(name, ${typed}) >= ${sql.lit(minLikeness(typed.length))})`
