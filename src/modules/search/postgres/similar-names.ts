import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import { likeLiterally, type SearchText } from '../search-text.ts'
import { seenDocuments } from './sight.ts'

type Fragment = RawBuilder<unknown>

/** Shorter texts are like too many names. */
const minFuzzyLength = 4
/** Two threes of letters of so short a text are a third of it, and a tenth of all names has them: names of its length that begin alike are compared. */
const maxShortLength = 5
const shortLikeness = 0.3
const maxWordLength = 12
/** What one slip, two letters changed over in the middle, leaves alike at least: of a longer name more, so that fewer names are compared. */
const likenessOf = (letters: number): string => (letters >= 9 ? '0.4' : letters === 8 ? '0.34' : '0.33')

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
  // A short text may be a word of a name; a long one is a name itself, and its words would be like too many.
  const isWord = !scoped && typed.length <= maxWordLength
  const whole = sql`similarity(name, ${typed})`
  const likeness = isWord ? sql`least(1, greatest(${whole}, 0.8 * word_similarity(${typed}, name)))` : whole
  const found = [likeWhole(typed), ...(isWord ? [sql`name %> ${typed}`] : [])]
  const names = found.map((condition) => sql`(select artifact_id, name from search_standings where ${condition})`)
  const inNamespace = sql`not exists (select from search_documents d where d.namespace = ${scoped?.namespace} and ${seenDocuments(sight)} offset 0)`
  return {
    rows: sql`select artifact_id, ${likeness} as likeness from (${sql.join(names, sql` union `)}) names`,
    where: scoped ? sql`(d.namespace = ${scoped.namespace} or ${inNamespace})` : sql`true`,
    setting: sql`select set_config('pg_trgm.similarity_threshold', ${likenessOf(typed.length)}, true)`,
  }
}

const likeWhole = (typed: string): Fragment =>
  typed.length > maxShortLength
    ? sql`name % ${typed}`
    : sql`name like ${`${likeLiterally(typed.slice(0, 1))}%`} and length(name) <= ${typed.length + 2} and similarity(name, ${typed}) >= ${sql.lit(shortLikeness)}`
