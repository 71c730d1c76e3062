import type { estypes } from '@elastic/elasticsearch'
import type { MatchTier, SearchScore } from '../contract.ts'
import { downloadsOfStar, freshForSeconds, leastShare, popularityHalf } from '../ranking.ts'
import type { Candidates } from '../search-driver.ts'
import type { SearchText } from '../search-text.ts'

type Clause = NonNullable<estypes.QueryDslQueryContainer>

/** A score of words that is half of the best there is: theirs have no upper end. */
const wordsHalf = 10

/** The same formula as `standing.ts` has for Postgres (ranking.ts), where the documents are. */
const source = `
  String name = doc['name'].value;
  int tier = 1;
  double text = params.base;
  if (params.name != null) {
    if (name.equals(params.name)) tier = 3; else if (name.startsWith(params.name)) tier = 2;
    if (tier < 3 && params.scopedName != null && doc['namespace'].value.equals(params.scopedNamespace) && name.startsWith(params.scopedName))
      tier = name.equals(params.scopedName) ? 3 : 2;
  }
  if (params.isRanked) {
    text = _score / (_score + params.wordsHalf);
    boolean isInside = params.isInner ? name.contains(params.name) : name.startsWith(params.name);
    if (isInside) text = Math.max(text, params.name.length() / (double) name.length());
  }
  if (params.candidates != null) {
    def score = params.candidates.get(doc['artifactId'].value);
    if (score != null) text = 1 - (1 - text) * (1 - (double) score);
  }
  double known = Math.log(1 + doc['downloads'].value + params.downloadsOfStar * doc['stars'].value);
  double popularity = 1 - params.popularityHalf / (params.popularityHalf + known);
  double age = Math.max(0.0, (double) (params.now - doc['updated'].value.toInstant().toEpochMilli())) / 1000.0;
  double freshness = 1 / (1 + age / params.freshForSeconds);
  double verified = doc['verified'].value ? 1 : 0;
  double weight = (params.least.popularity + (1 - params.least.popularity) * popularity)
    * (params.least.freshness + (1 - params.least.freshness) * freshness)
    * (params.least.verified + (1 - params.least.verified) * verified)
    * (params.least.quality + (1 - params.least.quality) * doc['quality'].value);
  return (tier + Math.min(1, text) * weight) / 4;
`.replaceAll(/\s+/g, ' ')

/** A name has to be so long to be looked for inside of others. */
export const minInnerLength = 3

export interface Ranking {
  readonly text: SearchText | undefined
  /** False: all that match are as good, and only their standing and their tier part them. */
  readonly isRanked: boolean
  readonly candidates?: readonly Candidates[]
  /** Milliseconds. */
  readonly now: number
}

/** Ranks what `query` matches; its score is that of the words. */
export function ranked(query: Clause, { text, isRanked, candidates = [], now }: Ranking): Clause {
  const params = {
    ...{ name: text?.name ?? null, scopedName: text?.scoped?.name ?? null, scopedNamespace: text?.scoped?.namespace ?? null },
    ...{ isRanked, isInner: isRanked && (text?.name.length ?? 0) >= minInnerLength },
    base: !text && candidates.length > 0 ? 0 : 1,
    candidates: candidates.length > 0 ? Object.fromEntries(joined(candidates)) : null,
    ...{ wordsHalf, downloadsOfStar, popularityHalf, freshForSeconds, least: leastShare, now },
  }
  return { script_score: { query, script: { source, params } } }
}

/** What all of them together make of an artifact's text. */
export function joined(candidates: readonly Candidates[]): Map<string, number> {
  const scores = new Map<string, number>()
  for (const { scores: one } of candidates) for (const [id, score] of one) scores.set(id, 1 - (1 - (scores.get(id) ?? 0)) * (1 - score))
  return scores
}

/** What of a document tells how good it is. */
export interface Standing {
  readonly name: string
  readonly namespace: string
  readonly downloads: number
  readonly stars: number
  /** Milliseconds, as `updated`. */
  readonly created: number
  readonly updated: number
  readonly verified: boolean
  readonly quality: number
}

export type Parts = Omit<SearchScore, 'final' | 'text'>

export function partsOf({ downloads, stars, updated, verified, quality }: Standing, now: number): Parts {
  const age = Math.max(0, now - updated) / 1_000
  return {
    popularity: 1 - popularityHalf / (popularityHalf + Math.log(1 + downloads + downloadsOfStar * stars)),
    freshness: 1 / (1 + age / freshForSeconds),
    verified: verified ? 1 : 0,
    quality,
  }
}

export const weightOf = (parts: Parts): number =>
  Object.entries(leastShare).reduce((weight, [part, least]) => weight * (least + (1 - least) * parts[part as keyof Parts]), 1)

export function tierOf({ name, namespace }: Standing, text: SearchText | undefined): MatchTier {
  if (!text) return 1
  const scoped = text.scoped?.namespace === namespace ? text.scoped.name : undefined
  if (name === text.name || name === scoped) return 3
  return name.startsWith(text.name) || (scoped !== undefined && name.startsWith(scoped)) ? 2 : 1
}

/** The parts of a score that was computed by the script: that of the text is what the others leave of it. */
export function scoreOf(final: number, tier: MatchTier, parts: Parts): SearchScore {
  const text = (final * 4 - tier) / weightOf(parts)
  return { final, text: Math.min(1, Math.max(0, text)), ...parts }
}
