import { isVersionRange, parseVersion } from '../../../shared/types/version.ts'
import { isTsv } from '../graph/node.ts'

/** What a text in the place of a version may be (seed-systems §3.4). */
export type Requested =
  | { readonly kind: 'tsv' | 'range' | 'name'; readonly text: string }
  | { readonly kind: 'timestamp'; readonly instant: string }

const iso = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/

/** ISO 8601, ten digits of seconds or thirteen of milliseconds; without an offset it is UTC. `undefined` for anything else. */
export function parseInstant(text: string): string | undefined {
  if (/^\d{10}$/.test(text)) return new Date(Number(text) * 1_000).toISOString()
  if (/^\d{13}$/.test(text)) return new Date(Number(text)).toISOString()
  if (!iso.test(text)) return undefined
  if (!isDay(text)) return undefined
  const time = Date.parse(/T/.test(text) && !/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text)
  const instant = Number.isNaN(time) ? undefined : new Date(time).toISOString()
  // The database knows no year 0, nor one of more digits.
  return instant !== undefined && /^(?!0000)\d{4}-/.test(instant) ? instant : undefined
}

/** Of the calendar: the 30th of February is otherwise taken for the 2nd of March. */
function isDay(text: string): boolean {
  const day = text.slice(0, 10)
  const time = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day)
}

/** An exact version or tag before anything else it could be. */
export function readRequested(text: string): Requested {
  if (isTsv(text)) return { kind: 'tsv', text }
  const instant = parseInstant(text)
  if (instant !== undefined) return { kind: 'timestamp', instant }
  if (parseVersion(text) === undefined && isVersionRange(text) && !/^[A-Za-z]/.test(text)) return { kind: 'range', text }
  return { kind: 'name', text }
}
