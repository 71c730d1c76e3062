import type { Metrics } from '../../shared/kernel/metrics.ts'

interface Asked {
  /** Who is asked: `postgres`, `elasticsearch`. */
  readonly driver: string
  readonly kind: 'find' | 'suggest'
}

/** Measures how long an answer takes, whatever becomes of it; counted for the driver that answered where the answer says that it is another. */
export type SearchTimer = <T>(asked: Asked, answer: (answeredBy: (driver: string) => void) => Promise<T>) => Promise<T>

export function createSearchTimer(metrics: Metrics): SearchTimer {
  const durations = metrics.histogram({
    name: 'registry_search_duration_seconds',
    help: 'A search or suggestion, from its parameters to what is shown, by the driver that answered.',
    labelNames: ['driver', 'kind', 'outcome'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30],
  })
  return async ({ driver: askedDriver, kind }, answer) => {
    const startedAt = performance.now()
    let outcome = 'failed'
    let driver = askedDriver
    try {
      const answered = await answer((name) => {
        driver = name
      })
      outcome = 'answered'
      return answered
    } finally {
      durations.observe({ driver, kind, outcome }, (performance.now() - startedAt) / 1_000)
    }
  }
}
