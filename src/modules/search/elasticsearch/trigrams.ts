/** How alike two texts are, as pg_trgm has it: the other driver finds typing errors by the same rule. */

const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

function trigramsOf(word: string): string[] {
  const padded = [...`  ${word} `]
  return padded.slice(2).map((_, at) => padded.slice(at, at + 3).join(''))
}

const setOf = (text: string): Set<string> => new Set(words(text).flatMap(trigramsOf))

const shared = (left: ReadonlySet<string>, right: ReadonlySet<string>): number => [...left].filter((one) => right.has(one)).length

/** 0 to 1. */
export function similarity(left: string, right: string): number {
  const [ours, theirs] = [setOf(left), setOf(right)]
  const common = shared(ours, theirs)
  const all = ours.size + theirs.size - common
  return all === 0 ? 0 : common / all
}

/** How much of `typed` is in the word of `text` that has most of it; 0 to 1. */
export function wordSimilarity(typed: string, text: string): number {
  const wanted = setOf(typed)
  if (wanted.size === 0) return 0
  return Math.max(0, ...words(text).map((word) => shared(wanted, new Set(trigramsOf(word))) / wanted.size))
}
