import { Type } from '@sinclair/typebox'

const maxLength = 2048
const alphabet = /^[A-Za-z0-9_-]+$/

export const CursorSchema = Type.String({ minLength: 1, maxLength, pattern: '^[A-Za-z0-9_-]+$' })

export type CursorValue = string | number

/** Opaque place in a keyset-paged list: the sort values of the last row. Throws a `RangeError` for values that no cursor can carry. */
export function encodeCursor(values: readonly CursorValue[]): string {
  const text = Buffer.from(JSON.stringify(values)).toString('base64url')
  if (decodeCursor(text, values.length) === undefined) throw new RangeError('a cursor carries finite numbers and short texts')
  return text
}

/** The values of a cursor this registry made, `length` of them; `undefined` for any other text. Callers still check what each value means. */
export function decodeCursor(text: string, length: number): readonly CursorValue[] | undefined {
  if (text.length > maxLength || !alphabet.test(text)) return undefined
  const json = Buffer.from(text, 'base64url').toString()
  const values = parseJson(json)
  if (!Array.isArray(values) || values.length !== length || !values.every(isCursorValue)) return undefined
  // One spelling only: no white space, no unused bits, no repaired UTF-8.
  return Buffer.from(JSON.stringify(values)).toString('base64url') === text ? values : undefined
}

// Postgres stores neither NUL nor half a surrogate pair, so no sort value has one.
const isCursorValue = (value: unknown): value is CursorValue =>
  typeof value === 'string' ? value.isWellFormed() && !value.includes('\0') : Number.isFinite(value)

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
