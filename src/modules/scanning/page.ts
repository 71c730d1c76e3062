import { type CursorValue, decodeCursor, encodeCursor } from '../../shared/types/cursor.ts'
import type { Page } from '../metadata/contract.ts'
import { CursorInvalid } from './errors.ts'

/** `rows` were asked for with one more than `limit`; `keyOf` gives the sort values of a row. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { keyOf, viewOf }: { keyOf: (row: Row) => readonly CursorValue[]; viewOf: (row: Row) => Item },
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null
  return { items: shown.map(viewOf), nextCursor }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const shapes = {
  uuid: (value: CursorValue) => typeof value === 'string' && uuid.test(value),
  text: (value: CursorValue) => typeof value === 'string',
  score: (value: CursorValue) => typeof value === 'number' && value >= 0 && value <= 10,
} as const

/** Sort values of a cursor; `undefined` for the first page. Throws `scanning.cursor_invalid` for one of another list. */
export function readCursor(cursor: string | undefined, expected: readonly (keyof typeof shapes)[]): readonly CursorValue[] | undefined {
  if (cursor === undefined) return undefined
  const values = decodeCursor(cursor, expected.length)
  if (!values?.every((value, at) => shapes[expected[at] ?? 'uuid'](value))) throw new CursorInvalid()
  return values
}
