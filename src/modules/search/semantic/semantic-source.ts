import { LRUCache } from 'lru-cache'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Sight } from '../../auth/contract.ts'
import type { SearchQuery } from '../contract.ts'
import { eligible } from '../postgres/eligible.ts'
import type { CandidateSource, Candidates } from '../search-driver.ts'
import { parseSearchText } from '../search-text.ts'
import { EmbeddingUnavailable, TextRefused } from './embedder.ts'
import { meaningScore } from './meaning-score.ts'
import type { VectorIndex } from './vector-index.ts'

/** Artifacts that meaning alone adds to a search. */
const maxFound = 100
/** A search is answered within 2 s, whatever the model does. */
const patienceMs = 1_000
/** After a failure the model is left alone for so long: words answer at once. */
const restMs = 5_000
const maxRemembered = 1_000

/** For `semantic=true`: what means the same in other words. */
export class SemanticSource implements CandidateSource {
  readonly #vectors: VectorIndex
  readonly #log: Logger
  readonly #remembered = new LRUCache<string, Float32Array>({ max: maxRemembered })
  #restsUntil = 0

  constructor(vectors: VectorIndex, log: Logger) {
    this.#vectors = vectors
    this.#log = log
  }

  async candidates(sight: Sight, query: SearchQuery): Promise<Candidates | undefined> {
    const text = query.semantic === true ? parseSearchText(query.query) : undefined
    if (!text) return undefined
    const { id: model, experimental } = this.#vectors.model
    const vector = await this.#vectorOf(query.query.trim())
    const near = vector ? await this.#vectors.nearest(vector, { where: eligible(sight, query), limit: maxFound }) : []
    return {
      scores: new Map(near.map(({ artifactId, similarity }) => [artifactId, meaningScore(similarity, experimental)])),
      mode: 'also',
      notes: { semantic: { model, experimental, available: vector !== undefined } },
    }
  }

  async #vectorOf(text: string): Promise<Float32Array | undefined> {
    const known = this.#remembered.get(text)
    if (known || performance.now() < this.#restsUntil) return known
    const signal = AbortSignal.timeout(patienceMs)
    try {
      const vector = await this.#vectors.embed(text, signal)
      if (vector) this.#remembered.set(text, vector)
      return vector
    } catch (error) {
      if (!(error instanceof EmbeddingUnavailable) && !signal.aborted) throw error
      // What is wrong with one text is wrong with no other.
      if (!(error instanceof TextRefused)) this.#restsUntil = performance.now() + restMs
      this.#log.warn({ err: error }, 'the embedding endpoint does not answer; searches go by words alone')
      return undefined
    }
  }
}
