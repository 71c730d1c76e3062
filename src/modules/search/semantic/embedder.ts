/** Turns texts into directions: texts of like meaning point alike. */
export interface Embedder {
  /** Names the model and its dimensions; vectors of another one are never compared. */
  readonly id: string
  readonly dimensions: number
  /** Finds little beyond shared words and parts of words: answers that rest on it say so. */
  readonly experimental: boolean
  /** Cosine below which two texts have nothing in common, by the experience with the model. */
  readonly minSimilarity: number
  /** One vector of length 1 per text, in their order. Throws `EmbeddingUnavailable` of a model elsewhere. */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]>
}

/** The model gave no vectors, now; asking again later may help. Stays inside of the module: searches go on without. */
export class EmbeddingUnavailable extends Error {}

/** The model does not take one of these texts, and will not later. */
export class TextRefused extends EmbeddingUnavailable {}

/** In place; a vector of zeros stays one. */
export function normalize(vector: Float32Array): Float32Array {
  let square = 0
  for (const value of vector) square += value * value
  if (square === 0) return vector
  const factor = 1 / Math.sqrt(square)
  for (let at = 0; at < vector.length; at += 1) vector[at] = (vector[at] ?? 0) * factor
  return vector
}
