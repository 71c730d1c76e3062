/** Seconds before the second to the eighth try, and how far each may be off either way: what failed together does not return together. */
const gaps: readonly (readonly [seconds: number, jitter: number])[] = [
  [10, 0.25],
  [60, 0.25],
  [600, 0.25],
  [3_600, 0.25],
  [10_800, 0.02],
  [27_000, 0.02],
  [44_330, 0.02],
]
export const mostTries = gaps.length + 1
/** After so long since a delivery was made there is no further try, whatever the other side asked for. */
export const longestWaitMs = 25 * 3_600_000

/** `random` is from 0 to 1. Undefined after the last try. */
export function retryDelayMs(failedTries: number, random: number): number | undefined {
  const gap = gaps[failedTries - 1]
  return gap && Math.round(gap[0] * 1_000 * (1 + gap[1] * (2 * random - 1)))
}

export interface FailedTry {
  /** With this one. */
  readonly tries: number
  readonly sinceMadeMs: number
  /** What the header `Retry-After` asked for. */
  readonly retryAfterMs: number | undefined
  readonly random: number
}

/** Until the next try; undefined when there is none. A wait that was asked for is kept as far as the time allows. */
export function nextTryMs({ tries, sinceMadeMs, retryAfterMs = 0, random }: FailedTry): number | undefined {
  const delay = retryDelayMs(tries, random)
  const left = longestWaitMs - sinceMadeMs
  return delay === undefined || left <= 0 ? undefined : Math.min(Math.max(delay, retryAfterMs), left)
}

/** RFC 9110 §10.2.3: seconds, or a date. Undefined for anything else. */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
