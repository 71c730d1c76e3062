import { createHash } from 'node:crypto'
import type { NoticeKind } from './kinds.ts'

/** A fact as it is kept for those it is told to. */
export interface NotedEvent {
  /** Of the event in the outbox: the same, however often it is delivered. */
  readonly id: string
  readonly kind: NoticeKind
  readonly at: string
  readonly namespaceId: string
  readonly namespace: string
  readonly artifactId: string | null
  readonly name: string | null
  readonly format: string | null
  readonly manifestDigest: string | null
  readonly advisoryId: string | null
  readonly data: Readonly<Record<string, unknown>>
}

const longestText = 2_000
const mostItems = 100
const mostBytes = 48 * 1024

/** What an event says, small enough that no message made of it exceeds 64 KiB. */
export function boundedData(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const clipped = clip(payload, 0) as Record<string, unknown>
  if (Buffer.byteLength(JSON.stringify(clipped)) <= mostBytes) return clipped
  // Names and numbers say what happened; lists can be asked for.
  const short = Object.entries(clipped).filter(([, value]) => typeof value !== 'object')
  return Object.fromEntries(short.slice(0, 40).map(([key, value]) => [key, typeof value === 'string' ? cut(value, 250) : value]))
}

// Postgres' jsonb holds neither NUL nor half a surrogate pair.
const cut = (text: string, length: number): string => text.slice(0, length).replaceAll('\0', '').toWellFormed()

function clip(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cut(value, longestText)
  if (value === null || typeof value !== 'object') return value ?? null
  if (depth > 5) return null
  if (Array.isArray(value)) return value.slice(0, mostItems).map((item) => clip(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, mostItems)
      .map(([key, item]) => [cut(key, 200), clip(item, depth + 1)]),
  )
}

/** RFC 9562 version 7: the first 48 bits are milliseconds. */
export const instantOf = (id: string): string => new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString()

/** Of what one event says about one of many: the same whenever it comes. RFC 9562 version 8: an id of one's own making. */
export function idWithin(eventId: string, part: string): string {
  const hex = createHash('sha256').update(`${eventId} ${part}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')
}
