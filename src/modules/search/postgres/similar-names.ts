import { type RawBuilder, sql } from 'kysely'
import type { Sight } from '../../auth/contract.ts'
import type { SearchText } from '../search-text.ts'
import { seenDocuments } from './sight.ts'

type Fragment = RawBuilder<unknown>

/** Shorter texts are like too many names. */
const minFuzzyLength = 4
const maxWordLength = 12
/** From so many letters on one slip leaves more alike than parts of names that many names have. */
const longLength = 9

export interface SimilarNames {
  /** Of rows `search_documents d`: an index of threes of letters finds them. */
  readonly where: Fragment
  /** 0 to 1, of rows `d`. */
  readonly likeness: Fragment
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
  const whole = sql`similarity(d.name, ${typed})`
  const inNamespace = sql`not exists (select from search_documents d where d.namespace = ${scoped?.namespace} and ${seenDocuments(sight)} offset 0)`
  return {
    where: scoped
      ? sql`d.name % ${typed} and (d.namespace = ${scoped.namespace} or ${inNamespace})`
      : sql`(d.name % ${typed} ${isWord ? sql`or d.name %> ${typed}` : sql``})`,
    likeness: isWord ? sql`least(1, greatest(${whole}, 0.8 * word_similarity(${typed}, d.name)))` : whole,
    setting: sql`select set_config('pg_trgm.similarity_threshold', ${typed.length >= longLength ? '0.4' : '0.3'}, true)`,
  }
}
