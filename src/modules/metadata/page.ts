import { decodeCursor } from '../../shared/types/cursor.ts'
import { uuidForm } from '../../shared/types/uuidv7.ts'
import { CursorInvalid } from './errors.ts'

const instant = /^[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/
// What passes here is a value the database takes: a forged cursor is a 400, never an error of a query.
const shapes = {
  text: () => true,
  uuid: (value: string) => uuidForm.test(value),
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
