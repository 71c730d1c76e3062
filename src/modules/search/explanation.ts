import type { MatchTier, SearchScore } from './contract.ts'
import { leastShare } from './ranking.ts'

const rounded = (value: number): number => Math.round(value * 10_000) / 10_000

/** How the parts of a score become its end; the same numbers the driver ranked by, to four digits. */
export function explain(tier: MatchTier, score: SearchScore) {
  const factor = (part: keyof typeof leastShare): number => leastShare[part] + (1 - leastShare[part]) * score[part]
  const factors = {
    popularity: factor('popularity'),
    freshness: factor('freshness'),
    verified: factor('verified'),
    quality: factor('quality'),
  }
  const weight = factors.popularity * factors.freshness * factors.verified * factors.quality
  return {
    ...{ tier, weight: rounded(weight) },
    factors: {
      popularity: rounded(factors.popularity),
      freshness: rounded(factors.freshness),
      verified: rounded(factors.verified),
      quality: rounded(factors.quality),
    },
    formula: `(${tier} + ${rounded(score.text)} * ${rounded(weight)}) / 4 = ${rounded(score.final)}`,
  }
}
