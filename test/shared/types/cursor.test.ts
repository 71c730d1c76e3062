import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CursorSchema, decodeCursor, encodeCursor } from '../../../src/shared/types/cursor.ts'
import { expectLinearTime, isStable } from './hostile-text.ts'

const value = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 100 }).filter((text) => !text.includes('\0')),
  fc.double({ noDefaultInfinity: true, noNaN: true }).filter((number) => !Object.is(number, -0)),
  fc.integer(),
)
const values = fc.array(value, { maxLength: 3 })

test('a cursor decodes to the values it was made of', () => {
  fc.assert(
    fc.property(values, (row) => {
      const cursor = encodeCursor(row)
      expect(decodeCursor(cursor, row.length)).toEqual(row)
      expect(Value.Check(CursorSchema, cursor)).toBe(true)
    }),
  )
})

test('a cursor of another length is refused', () => {
  fc.assert(
    fc.property(values, (row) => {
      expect(decodeCursor(encodeCursor(row), row.length + 1)).toBeUndefined()
      expect(decodeCursor(encodeCursor(row), row.length - 1)).toBeUndefined()
    }),
  )
})

test('a cursor with one character changed is refused or another well-formed cursor', () => {
  const other = fc.constantFrom(...'Aaz09-_=+/% \0é')
  fc.assert(
    fc.property(values, fc.nat(), other, (row, at, character) => {
      const cursor = encodeCursor(row)
      const place = at % cursor.length
      const changed = cursor.slice(0, place) + character + cursor.slice(place + 1)
      const decoded = decodeCursor(changed, row.length)
      if (decoded) expect(encodeCursor(decoded)).toBe(changed)
    }),
  )
})

const encoded = (json: string) => Buffer.from(json).toString('base64url')

test.each([
  ['an object', encoded('{"length":1}')],
  ['a text', encoded('"a"')],
  ['null inside', encoded('[null]')],
  ['a nested list', encoded('[["a"]]')],
  ['a boolean', encoded('[true]')],
  ['white space', encoded('[ "a" ]')],
  ['NUL', encoded('["a\\u0000"]')],
  ['half a surrogate pair', encoded('["\\ud800"]')],
  ['an infinite number', encoded('[1e999]')],
  ['no JSON', encoded('[1')],
  ['standard base64', `${encoded('[1]')}=`],
  ['broken UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]).toString('base64url')],
  ['nothing', ''],
  ['more than 2 kB', encoded(JSON.stringify(['a'.repeat(2000)]))],
])('a cursor of %s is refused', (_name, text) => {
  expect(decodeCursor(text, 1)).toBeUndefined()
})

test.each([[Number.NaN], [Number.POSITIVE_INFINITY], ['a\0'], ['\ud800'], ['a'.repeat(2000)]])(
  '%j is refused when the cursor is made',
  (bad) => {
    expect(() => encodeCursor([bad])).toThrow(RangeError)
  },
)

test('hostile text never throws, encoded or not', () => {
  for (const length of [0, 1, 2]) isStable((text) => decodeCursor(text, length))
  isStable((text) => decodeCursor(Buffer.from(text).toString('base64url'), 1))
})

test('10 kB of anything is decided within 50 ms (D-14)', () => {
  expectLinearTime((text) => decodeCursor(text, 1), ['a', 'W', 'W1', '_-'])
})
