import type { Logger } from '../../shared/kernel/logger.ts'
import type { Metrics } from '../../shared/kernel/metrics.ts'
import type { Sight } from '../auth/contract.ts'
import type { Breaker } from './breaker.ts'
import type { DriverQuery, FoundPage, SearchDriver, SuggestedArtifact } from './search-driver.ts'
import type { SearchText } from './search-text.ts'

/** What searches are answered by. */
export interface AnsweringDriver extends Pick<SearchDriver, 'name' | 'find' | 'suggest'> {
  /** The same, for one search: `answeredBy` is told who answered it, where that is not whoever has this name. */
  telling?(answeredBy: (driver: string) => void): AnsweringDriver
}

/** The first driver works, and knows that it would not answer this right: the second does. */
export class OtherKnowsBetter extends Error {}

/** What the first driver reads of Postgres failed: that says nothing of the driver, and the second would fail alike. */
export class CatalogFailed extends Error {
  constructor(cause: unknown) {
    super('Postgres did not say what a search elsewhere needs to know', { cause })
  }
}

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
    return this.telling(() => {}).find(sight, query)
  }

  suggest(sight: Sight, text: SearchText, limit: number): Promise<readonly SuggestedArtifact[]> {
    return this.telling(() => {}).suggest(sight, text, limit)
  }

  telling(answeredBy: (driver: string) => void): AnsweringDriver {
    return {
      name: this.name,
      find: (sight, query) => this.#answer((driver) => driver.find(sight, query), answeredBy),
      suggest: (sight, text, limit) => this.#answer((driver) => driver.suggest(sight, text, limit), answeredBy),
    }
  }

  async #answer<T>(ask: (driver: AnsweringDriver) => Promise<T>, answeredBy: (driver: string) => void): Promise<T> {
    const { first, second, breaker } = this.#deps
    if (breaker.admits()) {
      try {
        const answer = await ask(first)
        breaker.close()
        this.#answers.inc({ driver: first.name })
        return answer
      } catch (error) {
        if (error instanceof CatalogFailed) throw error.cause
        if (!(error instanceof OtherKnowsBetter)) this.#failed(error)
      }
    }
    answeredBy(second.name)
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
