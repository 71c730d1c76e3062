import { type TSchema, Type } from '@sinclair/typebox'
import { type CursorValue, encodeCursor } from './cursor.ts'

/** A part of a keyset-paged list. */
export interface Page<T> {
  readonly items: T[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

export const pageSchema = <S extends TSchema>(items: S) =>
  Type.Object({ items: Type.Array(items), nextCursor: Type.Union([Type.String(), Type.Null()]) })

/** `rows` were asked for with one more than `limit`; `keyOf` gives the sort values of a row. */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => readonly CursorValue[]): Page<T> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null }
}
