import type { Metrics } from '../../shared/kernel/metrics.ts'

interface Asked {
  /** Who answers: `postgres`, `elasticsearch`. */
  readonly driver: string
  readonly kind: 'find' | 'suggest'
}

/** Measures how long an answer takes, whatever becomes of it. */
export type SearchTimer = <T>(asked: Asked, answer: () => Promise<T>) => Promise<T>

export function createSearchTimer(metrics: Metrics): SearchTimer {
  const durations = metrics.histogram({
    name: 'registry_search_duration_seconds',
    help: 'A search or suggestion, from its parameters to what is shown.',
    labelNames: ['driver', 'kind', 'outcome'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30],
  })
  return async (asked, answer) => {
    const startedAt = performance.now()
    let outcome = 'failed'
    try {
      const answered = await answer()
      outcome = 'answered'
      return answered
    } finally {
      durations.observe({ ...asked, outcome }, (performance.now() - startedAt) / 1_000)
    }
  }
}
