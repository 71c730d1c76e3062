import type { Interval } from './totals.queries.ts'

export interface Periods {
  /** Instants in ISO 8601, whole hours. */
  readonly from: string
  readonly to: string
  readonly interval: Interval
}

const hourMs = 3_600_000

/** The range from the period that holds `after` on, in windows of whole periods: the first is one period, each one twice as long as the one before. */
export function* windowsOf({ from, to, interval }: Periods, after: string | undefined): Generator<readonly [from: string, to: string]> {
  const end = Date.parse(to)
  let begin = Math.max(Date.parse(from), after === undefined ? 0 : Date.parse(after))
  for (let periods = 1; begin < end; periods *= 2) {
    const next = Math.min(end, periodAfter(begin, interval, periods))
    yield [new Date(begin).toISOString(), new Date(next).toISOString()]
    begin = next
  }
}

/** The beginning of the period that comes so many after the one `at` is in. */
function periodAfter(at: number, interval: Interval, periods: number): number {
  const date = new Date(at)
  if (interval === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + periods)
  const length = interval === 'day' ? 24 * hourMs : hourMs
  return (Math.floor(at / length) + periods) * length
}
