/** Cormack, Clarke and Büttcher 2009: how little the first ranks are told apart. */
const constant = 60

export interface Fused {
  readonly id: string
  /** 0 to 1; 1 is the first of every list. */
  readonly score: number
}

/** Reciprocal rank fusion of lists that each begin with their best: a sum of `weight / (60 + rank)`. */
export function fuseRanks(lists: readonly { readonly ids: readonly string[]; readonly weight: number }[]): readonly Fused[] {
  const sums = new Map<string, number>()
  const best = lists.reduce((sum, { weight }) => sum + weight, 0) / (constant + 1)
  for (const { ids, weight } of lists)
    for (const [at, id] of ids.entries()) sums.set(id, (sums.get(id) ?? 0) + weight / (constant + 1 + at))
  return [...sums].map(([id, sum]) => ({ id, score: best === 0 ? 0 : sum / best })).toSorted((one, other) => other.score - one.score)
}
