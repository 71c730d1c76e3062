import { type Static, Type } from '@sinclair/typebox'
import { CursorSchema, decodeCursor } from '../../shared/types/cursor.ts'
import { uuidForm } from '../../shared/types/uuidv7.ts'
import { CursorInvalid } from './errors.ts'

export const PagingQuery = Type.Object({
  cursor: Type.Optional(CursorSchema),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
})
export type PagingQuery = Static<typeof PagingQuery>
/** The id behind which a page begins, null for the first. Throws CursorInvalid for what this list did not give out. */
export function startOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const [id] = decodeCursor(cursor, 1) ?? []
  if (typeof id !== 'string' || !uuidForm.test(id)) throw new CursorInvalid()
  return id
}
