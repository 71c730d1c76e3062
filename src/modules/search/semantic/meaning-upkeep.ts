import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import type { Logger } from '../../../shared/kernel/logger.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { SignatureIndex } from '../signatures/signature-index.ts'
import { EmbeddingUnavailable } from './embedder.ts'
import type { VectorIndex } from './vector-index.ts'
import { documentsAfter } from './vectors.queries.ts'

/** Care for what documents mean, off the path of whoever publishes and searches. */
export interface MeaningUpkeep {
  /** Brings vectors and types of these documents up to date. A model that does not answer leaves them to `catchUp`. */
  renew(artifactIds: readonly string[], signal: AbortSignal): Promise<void>
  /** Goes through all documents, a slice at a time, and does what is missing or outdated; answers how many vectors and types were made. */
  catchUp(signal: AbortSignal): Promise<number>
}
export const MeaningUpkeep = service<MeaningUpkeep>('search.meaning_upkeep')

const sliceSize = 1_000
/** Of a sweep that finds nothing to do. */
const sweepMs = 300

export interface MeaningUpkeepDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly log: Logger
  readonly vectors: VectorIndex
  readonly signatures: SignatureIndex
}

export class MeaningUpkeepService implements MeaningUpkeep {
  readonly #deps: MeaningUpkeepDeps
  /** The last document of the sweep; another process begins anew, which costs it a look. */
  #swept: string | null = null

  constructor(deps: MeaningUpkeepDeps) {
    this.#deps = deps
  }

  async renew(artifactIds: readonly string[], signal: AbortSignal): Promise<void> {
    const results = await this.#renewBoth(artifactIds, signal)
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  async catchUp(signal: AbortSignal): Promise<number> {
    const until = performance.now() + sweepMs
    let done = 0
    while (!signal.aborted) {
      const ids = await documentsAfter(this.#deps.database, this.#swept, sliceSize)
      const renewed = await this.#renewSlice(ids, signal)
      done += renewed
      this.#swept = ids.length < sliceSize ? null : (ids.at(-1) ?? null)
      if (this.#swept === null || (renewed === 0 && performance.now() > until)) break
    }
    return done
  }

  /** One slice that fails does not keep those behind it waiting; it has its turn again when all had theirs. */
  async #renewSlice(artifactIds: readonly string[], signal: AbortSignal): Promise<number> {
    const results = await this.#renewBoth(artifactIds, signal)
    for (const result of results)
      if (result.status === 'rejected' && !signal.aborted)
        this.#deps.log.warn({ err: result.reason, first: artifactIds[0] }, 'meanings of some documents could not be renewed')
    return results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0)
  }

  /** Types and vectors, of which neither waits for the other to succeed. */
  #renewBoth(artifactIds: readonly string[], signal: AbortSignal): Promise<PromiseSettledResult<number>[]> {
    const { vectors, signatures } = this.#deps
    return Promise.allSettled([signatures.renew(artifactIds), this.#unlessUnavailable(() => vectors.renew(artifactIds, signal))])
  }

  async #unlessUnavailable(work: () => Promise<number>): Promise<number> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof EmbeddingUnavailable)) throw error
      this.#deps.log.warn({ err: error }, 'no vectors could be made; they are made up for')
      return 0
    }
  }
}
