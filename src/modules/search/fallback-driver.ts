import type { Logger } from '../../shared/kernel/logger.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import type { Sight } from '../auth/contract.ts'
import type { Breaker } from './breaker.ts'
import type { DriverQuery, FoundPage, SearchDriver, SuggestedArtifact } from './search-driver.ts'
import type { SearchText } from './search-text.ts'

/** What searches are answered by. */
export type AnsweringDriver = Pick<SearchDriver, 'name' | 'find' | 'suggest'>

export interface FallbackDeps {
  /** Fails soon rather than late. */
  readonly first: AnsweringDriver
  /** Postgres: what shows the hits, so that nothing is found while it is down anyway. */
  readonly second: AnsweringDriver
  readonly breaker: Breaker
  readonly metrics: Metrics
  readonly log: Logger
}

/** Answers by the first driver, or by the second while the first does not. */
export class FallbackDriver implements AnsweringDriver {
  readonly name: string
  readonly #deps: FallbackDeps
  readonly #answers

  constructor(deps: FallbackDeps) {
    this.#deps = deps
    this.name = deps.first.name
    this.#answers = deps.metrics.counter({
      name: 'registry_search_driver_answers_total',
      help: 'Searches and suggestions by the driver that answered them.',
      labelNames: ['driver'],
    })
  }

  find(sight: Sight, query: DriverQuery): Promise<FoundPage> {
    return this.#answer((driver) => driver.find(sight, query))
  }

  suggest(sight: Sight, text: SearchText, limit: number): Promise<readonly SuggestedArtifact[]> {
    return this.#answer((driver) => driver.suggest(sight, text, limit))
  }

  async #answer<T>(ask: (driver: AnsweringDriver) => Promise<T>): Promise<T> {
    const { first, second, breaker } = this.#deps
    if (breaker.admits()) {
      try {
        const answer = await ask(first)
        breaker.close()
        this.#answers.inc({ driver: first.name })
        return answer
      } catch (error) {
        this.#failed(error)
      }
    }
    const answer = await ask(second)
    this.#answers.inc({ driver: second.name })
    return answer
  }

  #failed(error: unknown): void {
    const { first, second, breaker, log } = this.#deps
    if (!breaker.isOpen) log.warn({ err: error }, `searches are answered by ${second.name}: ${first.name} does not`)
    breaker.open()
  }
}
