import { decodeCursor } from '../../../shared/types/cursor.ts'
import { uuidForm } from '../../../shared/types/uuidv7.ts'
import { CursorInvalid } from '../errors.ts'

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
  if (typeof id !== 'string' || !uuidForm.test(id)) throw new CursorInvalid()
  return id
}

/** A cursor of a list in the order of two ids. */
export function readIds(cursor: string | undefined): readonly [string, string] | null {
  if (cursor === undefined) return null
  const [first, second] = decodeCursor(cursor, 2) ?? []
  if (typeof first !== 'string' || typeof second !== 'string' || !uuidForm.test(first) || !uuidForm.test(second)) throw new CursorInvalid()
  return [first, second]
}
