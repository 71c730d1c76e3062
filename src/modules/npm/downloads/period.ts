import { PeriodInvalid } from './errors.ts'

/** Days of UTC (`2026-11-27`), both part of it. */
export interface Period {
  readonly start: string
  readonly end: string
}

const dayMs = 86_400_000
/** 18 months, as the public registry. */
const maxDays = 549
const lastDays = new Map(Object.entries({ 'last-day': 1, 'last-week': 7, 'last-month': 30, 'last-year': 365 }))

/**
 * `last-…` are whole days, so that it ends yesterday. A day, and `from:to`, may be today. What is to come is left out, and of more than 549 days the first
 * ones: clients ask for a thousand years when they want everything. Throws PeriodInvalid.
 */
export function readPeriod(text: string, now: Date): Period {
  const today = Math.floor(now.getTime() / dayMs)
  const days = lastDays.get(text)
  if (days !== undefined) return { start: textOf(today - days), end: textOf(today - 1) }
  const colon = text.indexOf(':')
  const first = readDay(colon < 0 ? text : text.slice(0, colon))
  const last = Math.min(readDay(text.slice(colon + 1)), today)
  if (!(first <= last)) throw new PeriodInvalid()
  return { start: textOf(Math.max(first, last - maxDays + 1)), end: textOf(last) }
}

/** Each day of it, in order. */
export function daysOf({ start, end }: Period): string[] {
  const first = readDay(start)
  return Array.from({ length: readDay(end) - first + 1 }, (_, index) => textOf(first + index))
}

const textOf = (day: number): string => new Date(day * dayMs).toISOString().slice(0, 10)

/** Days since 1970; NaN for what is none, as the 30th of February, or any of the year 0, which the database does not know. */
function readDay(text: string): number {
  const day = /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) / dayMs : Number.NaN
  return Number.isNaN(day) || textOf(day) !== text ? Number.NaN : day
}
