import type { DriverQuery, FoundArtifact } from '../search-driver.ts'
import type { SearchText } from '../search-text.ts'
import { partsOf, type Standing, weightOf } from './relevance.ts'
import { similarity, wordSimilarity } from './trigrams.ts'

/** The limits of the other driver (find.queries.ts) and those of pg_trgm. */
const maxAlike = 100
const minLength = 4
const maxWordLength = 12
const minSimilarity = 0.3
const minWordSimilarity = 0.6
const shareOfWord = 0.8

/** What of a text is compared with names; undefined for what is like too many. */
export function typedName({ scoped, name }: SearchText): string | undefined {
  const typed = scoped?.name ?? name
  return typed.length >= minLength ? typed : undefined
}

export interface Alike<F> {
  readonly fields: F
  readonly found: FoundArtifact
}

interface Typed {
  readonly typed: string
  readonly query: DriverQuery
  /** Milliseconds. */
  readonly now: number
  /** Only names that are like the text as a whole. */
  readonly isWhole?: boolean
}

/** Those names that may have been meant by the text, in the order that was asked for. */
export function alikeNames<F extends Standing & { readonly artifactId: string }>(
  candidates: readonly F[],
  { typed, query, now, isWhole = false }: Typed,
): Alike<F>[] {
  // A short text may be a word of a name; a long one is a name itself, and its words would be like too many.
  const isWord = !isWhole && typed.length <= maxWordLength
  const alike = candidates.flatMap((fields) => {
    const whole = similarity(fields.name, typed)
    const word = isWord ? wordSimilarity(typed, fields.name) : 0
    if (whole < minSimilarity && word < minWordSimilarity) return []
    const text = Math.min(1, Math.max(whole, shareOfWord * word))
    const parts = partsOf(fields, now)
    const final = (text * weightOf(parts)) / 4
    return [{ fields, found: { artifactId: fields.artifactId, tier: 0 as const, score: { final, text, ...parts } } }]
  })
  const best = alike.sort((left, right) => right.found.score.text - left.found.score.text || right.fields.downloads - left.fields.downloads)
  return best.slice(0, maxAlike).sort(inOrder(query))
}

function inOrder<F extends Standing>({ sortBy = 'relevance', sortOrder = 'desc' }: DriverQuery) {
  const direction = sortOrder === 'asc' ? 1 : -1
  const value = ({ fields, found }: Alike<F>): number => {
    if (sortBy === 'relevance') return found.score.final
    return fields[sortBy]
  }
  return (left: Alike<F>, right: Alike<F>): number =>
    direction * (value(left) - value(right) || left.found.score.final - right.found.score.final) ||
    (left.found.artifactId < right.found.artifactId ? -1 : 1)
}
