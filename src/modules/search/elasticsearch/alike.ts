import {
  maxShortLength,
  maxWordLength,
  minFuzzyLength,
  minLikeness,
  minWordLikeness,
  oneSlipFrom,
  shareOfWhole,
  shareOfWord,
  shortExcess,
  slipLikeness,
} from '../names-alike.ts'
import type { DriverQuery, FoundArtifact } from '../search-driver.ts'
import type { SearchText } from '../search-text.ts'
import { partsOf, type Standing, weightOf } from './relevance.ts'
import { similarity, wordSimilarity } from './trigrams.ts'

/** The limit of the other driver. */
const maxAlike = 100

/** What of a text is compared with names; undefined for what is like too many. */
export function typedName({ scoped, name }: SearchText): string | undefined {
  const typed = scoped?.name ?? name
  return typed.length >= minFuzzyLength ? typed : undefined
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
}

/** Those names that may have been meant by the text, in the order that was asked for. */
export function alikeNames<F extends Standing & { readonly artifactId: string }>(
  candidates: readonly F[],
  { typed, query, now }: Typed,
): Alike<F>[] {
  const isWord = !query.text?.scoped && typed.length <= maxWordLength
  const isOneSlip = oneSlipFrom(typed)
  const alike = candidates.flatMap((fields) => {
    const whole = similarity(fields.name, typed)
    const word = isWord ? wordSimilarity(typed, fields.name) : 0
    const isSlip = isOneSlip(fields.name)
    if (!isSlip && word < minWordLikeness && !isLikeWhole(fields.name, typed, whole)) return []
    const text = Math.max(isSlip ? slipLikeness : 0, shareOfWhole * whole, shareOfWord * word)
    const parts = partsOf(fields, now)
    const final = (text * weightOf(parts)) / 4
    return [{ fields, found: { artifactId: fields.artifactId, tier: 0 as const, score: { final, text, ...parts } } }]
  })
  const best = alike.sort((left, right) => right.found.score.text - left.found.score.text || right.fields.downloads - left.fields.downloads)
  return best.slice(0, maxAlike).sort(inOrder(query))
}

function isLikeWhole(name: string, typed: string, likeness: number): boolean {
  const mayBe = typed.length > maxShortLength || (name.startsWith(typed.slice(0, 1)) && name.length <= typed.length + shortExcess)
  return mayBe && likeness >= minLikeness(typed.length)
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
