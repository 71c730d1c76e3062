import { type TSchema, Type } from '@sinclair/typebox'
import { CursorSchema, decodeCursor, encodeCursor } from '../../shared/types/cursor.ts'
import { InvalidCursor } from './errors.ts'

export interface PageQuery {
  readonly limit: number
  readonly cursor?: string
}
export interface Page<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

export const pageQuery = {
  limit: Type.Integer({ minimum: 1, maximum: 1_000, default: 50 }),
  cursor: Type.Optional(CursorSchema),
}
export const pageOf = <S extends TSchema>(item: S) =>
  Type.Object({ items: Type.Array(item), nextCursor: Type.Union([Type.String(), Type.Null()]) })

/** The sort key behind which a page begins, null for the first. Throws InvalidCursor for what this list did not give out. */
export function startOf(cursor: string | undefined, form: RegExp): string | null {
  if (cursor === undefined) return null
  const [key] = decodeCursor(cursor, 1) ?? []
  if (typeof key !== 'string' || !form.test(key)) throw new InvalidCursor()
  return key
}

/** Cuts `limit + 1` rows to a page and a cursor that points behind its last row. */
export function toPage<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, nextCursor: more ? encodeCursor([keyOf(last)]) : null }
}

export const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
export const nameForm = /^[a-z0-9-]{1,64}$/
