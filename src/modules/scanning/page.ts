import { type CursorValue, decodeCursor } from '../../shared/types/cursor.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import { uuidForm } from '../../shared/types/uuidv7.ts'
import { CursorInvalid } from './errors.ts'

/** `pageOf` of rows that are shown as something else. */
export function viewedPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { keyOf, viewOf }: { keyOf: (row: Row) => readonly CursorValue[]; viewOf: (row: Row) => Item },
): Page<Item> {
  const { items, nextCursor } = pageOf(rows, limit, keyOf)
  return { items: items.map(viewOf), nextCursor }
}

const shapes = {
  uuid: (value: CursorValue) => typeof value === 'string' && uuidForm.test(value),
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
