import { type CursorValue, decodeCursor, encodeCursor } from '../../shared/types/cursor.ts'
import type { Page } from './contract.ts'
import { CursorInvalid } from './errors.ts'

/** `rows` were asked for with one more than `limit`; `keyOf` gives the sort values of a row. */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => readonly CursorValue[]): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return rows.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(keyOf(last)) } : { items, nextCursor: null }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const instant = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/
// What passes here is a value the database takes: a forged cursor is a 400, never an error of a query.
const shapes = {
  text: () => true,
  uuid: (value: string) => uuid.test(value),
  instant: (value: string) => instant.test(value) && new Date(value).toJSON()?.slice(0, 19) === value.slice(0, 19),
} as const
type Shape = keyof typeof shapes

/** Sort values of a cursor, or nothing for the first page. Throws `metadata.cursor_invalid` for a cursor of another list. */
export function readCursor(cursor: string | undefined, expected: readonly Shape[]): readonly string[] {
  if (cursor === undefined) return []
  const values = decodeCursor(cursor, expected.length) ?? []
  const texts = values.filter((value, at) => typeof value === 'string' && shapes[expected[at] ?? 'uuid'](value)).map(String)
  if (texts.length !== expected.length) throw new CursorInvalid()
  return texts
}
