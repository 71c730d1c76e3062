import type { OwnWords } from './related.queries.ts'
import type { Kinship } from './related.ts'

/** How much of one word that both have. */
const share = { meaning: 0.8, keywords: 0.6, dependencies: 0.5 } as const

const jaccard = (one: readonly string[], other: readonly string[], common: number): number =>
  common === 0 ? 0 : common / (new Set([...one, ...other]).size || 1)

/** `1 - (1 - 0.8 meaning) (1 - 0.6 keywords) (1 - 0.5 dependencies)`; the last two are what both have, of what either has. */
export function kinshipOf(own: OwnWords, other: OwnWords, meaning: number): Kinship {
  const keywords = own.keywords.filter((word) => other.keywords.includes(word))
  const dependencies = own.dependencies.filter((name) => other.dependencies.includes(name))
  const parts = [
    share.meaning * Math.max(0, meaning),
    share.keywords * jaccard(own.keywords, other.keywords, keywords.length),
    share.dependencies * jaccard(own.dependencies, other.dependencies, dependencies.length),
  ]
  return { score: 1 - parts.reduce((rest, part) => rest * (1 - part), 1), meaning, keywords, dependencies }
}
