import { Type } from '@sinclair/typebox'
import { CursorSchema, decodeCursor } from '../../shared/types/cursor.ts'
import { InvalidCursor } from './errors.ts'

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}
export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 50 }),
  cursor: Type.Optional(CursorSchema),
}
/** The sort key behind which a page begins, null for the first. Throws InvalidCursor for what this list did not give out. */
export function startOf(cursor: string | undefined, form: RegExp): string | null {
  if (cursor === undefined) return null
  const [key] = decodeCursor(cursor, 1) ?? []
  if (typeof key !== 'string' || !form.test(key)) throw new InvalidCursor()
  return key
}

export const nameForm = /^[a-z0-9-]{1,64}$/
