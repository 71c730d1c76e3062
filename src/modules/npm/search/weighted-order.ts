import type { SearchOrder } from '../../search/contract.ts'

export interface Weights {
  readonly quality?: number
  readonly popularity?: number
  readonly maintenance?: number
}

/** Clients ask for an order by giving all the weight to one part; their mixtures say nothing that this ranking does not do. */
export function weightedOrder({ quality = 0, popularity = 0, maintenance = 0 }: Weights): SearchOrder {
  if (popularity > 0 && quality === 0 && maintenance === 0) return 'downloads'
  return maintenance > 0 && quality === 0 && popularity === 0 ? 'updated' : 'relevance'
}
