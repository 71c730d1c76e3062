import { decodeCursor, encodeCursor } from '../../../shared/types/cursor.ts'
import { CursorInvalid } from '../errors.ts'

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A cursor of a list in the order of sequence numbers. */
export function readSeq(cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  const [seq] = decodeCursor(cursor, 1) ?? []
  if (typeof seq !== 'number' || !Number.isInteger(seq) || seq < 0 || seq > 2_147_483_647) throw new CursorInvalid()
  return seq
}

/** A cursor of a list in the order of ids. */
export function readId(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const [id] = decodeCursor(cursor, 1) ?? []
  if (typeof id !== 'string' || !uuid.test(id)) throw new CursorInvalid()
  return id
}

/** A cursor of a list in the order of two ids. */
export function readIds(cursor: string | undefined): readonly [string, string] | null {
  if (cursor === undefined) return null
  const [first, second] = decodeCursor(cursor, 2) ?? []
  if (typeof first !== 'string' || typeof second !== 'string' || !uuid.test(first) || !uuid.test(second)) throw new CursorInvalid()
  return [first, second]
}

/** Rows were asked for with one more than `limit`. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  placeOf: (row: T) => string | number | readonly string[],
): { items: T[]; nextCursor: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor([placeOf(last)].flat()) : null }
}
