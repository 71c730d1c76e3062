import { RangeInvalid } from '../errors.ts'

export const intervals = ['minute', 'hour', 'day', 'week', 'month'] as const
/** Of UTC; weeks begin on Monday. */
export type Interval = (typeof intervals)[number]

export interface RangeQuery {
  readonly interval: Interval
  readonly from?: string
  readonly to?: string
}

/** Whole intervals. */
export interface Range {
  readonly interval: Interval
  /** Of the first interval. */
  readonly from: string
  /** End of the last interval, which is not part of it. */
  readonly to: string
  /** Of each interval, in order. */
  readonly starts: readonly string[]
}

export const maxIntervals = 1_000

const minuteMs = 60_000
const lengths = { minute: minuteMs, hour: 60 * minuteMs, day: 1_440 * minuteMs, week: 7 * 1_440 * minuteMs }
/** How many intervals are meant without `from`. */
const usual: Readonly<Record<Interval, number>> = { minute: 60, hour: 48, day: 30, week: 26, month: 12 }
// 1 January 1970 was a Thursday.
const mondayMs = 4 * 1_440 * minuteMs

export const boundsOf = ({ interval, from, to }: Range): Omit<Range, 'starts'> => ({ interval, from, to })

/** Whether a bound is the beginning of a day. */
export const isDaily = ({ interval }: Pick<Range, 'interval'>): boolean => interval !== 'minute' && interval !== 'hour'

/** The first day of those that are kept for so many days. */
export const keptFrom = (days: number, now: Date): string => textOf(new Date(startOf(now, 'day').getTime() - days * lengths.day))

/** The intervals that `from` to `to` touches; without `to` the one that runs is the last. Throws RangeInvalid. */
export function readRange({ interval, from, to }: RangeQuery, now: Date): Range {
  const end = to === undefined ? after(startOf(now, interval), interval) : ceiling(readTime('to', to), interval)
  const start = from === undefined ? back(end, interval) : startOf(readTime('from', from), interval)
  if (start >= end) throw new RangeInvalid('from has to be before to')
  const starts: string[] = []
  for (let at = start; at < end; at = after(at, interval)) {
    if (starts.length === maxIntervals) throw new RangeInvalid(`the range has more than ${maxIntervals} intervals`, { maxIntervals })
    starts.push(textOf(at))
  }
  return { interval, from: textOf(start), to: textOf(end), starts }
}

/** `2026-11-27T00:00:00Z` */
export const textOf = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`

/** JavaScript takes the 30th of February for the 2nd of March. */
function readTime(name: string, text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text.slice(0, 10))
    throw new RangeInvalid(`${name} is no point of time: ${text}`, { [name]: text })
  return at
}

function startOf(at: Date, interval: Interval): Date {
  if (interval === 'month') return new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), 1))
  const shift = interval === 'week' ? mondayMs : 0
  const length = lengths[interval]
  return new Date(Math.floor((at.getTime() - shift) / length) * length + shift)
}

function after(start: Date, interval: Interval): Date {
  if (interval === 'month') return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1, 1))
  return new Date(start.getTime() + lengths[interval])
}

function ceiling(at: Date, interval: Interval): Date {
  const start = startOf(at, interval)
  return start.getTime() === at.getTime() ? start : after(start, interval)
}

function back(end: Date, interval: Interval): Date {
  if (interval === 'month') return new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() - usual.month, 1))
  return new Date(end.getTime() - usual[interval] * lengths[interval])
}

/** Throws RangeInvalid for more than so many days. */
export function refuseLonger({ from, to }: Range, maxDays: number): void {
  if (Date.parse(to) - Date.parse(from) > maxDays * lengths.day)
    throw new RangeInvalid(`of this, at most ${maxDays} days are told`, { maxDays })
}

/** Throws RangeInvalid for what begins before the days that are kept: nothing is known of it, which is not the same as nothing. */
export function refuseForgotten({ interval, from }: Range, { what, days, now }: { what: string; days: number; now: Date }): void {
  const first = keptFrom(days, now)
  if (from < first) throw new RangeInvalid(`by ${interval}, ${what} are kept since ${first}`, { keptFrom: first })
}
