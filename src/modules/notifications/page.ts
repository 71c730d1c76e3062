import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { CursorSchema, decodeCursor, encodeCursor } from '../../shared/types/cursor.ts'
import { CursorInvalid } from './errors.ts'

export const PagingQuery = Type.Object({
  cursor: Type.Optional(CursorSchema),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
})
export type PagingQuery = Static<typeof PagingQuery>
export interface Page<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}
export const pageSchema = <S extends TSchema>(items: S) =>
  Type.Object({ items: Type.Array(items), nextCursor: Type.Union([Type.String(), Type.Null()]) })

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The id behind which a page begins, null for the first. Throws CursorInvalid for what this list did not give out. */
export function startOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const [id] = decodeCursor(cursor, 1) ?? []
  if (typeof id !== 'string' || !uuid.test(id)) throw new CursorInvalid()
  return id
}

/** Cuts `limit + 1` rows to a page. */
export function pageOf<T extends { readonly id: string }>(rows: readonly T[], limit: number): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? encodeCursor([last.id]) : null }
}
