import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBeginning, parseByteRange, parseContentRange } from '../../../src/shared/types/byte-range.ts'
import { expectLinearTime, hostileText, isStable } from './hostile-text.ts'

const size = fc.integer({ min: 1, max: 2 ** 50 })

test('a range inside the content is taken as it is, in every spelling of the unit', () => {
  fc.assert(
    fc.property(size, fc.tuple(fc.nat(), fc.nat()), fc.constantFrom('bytes', 'Bytes', 'BYTES'), (total, places, unit) => {
      const [start = 0, end = 0] = places.map((place) => place % total).sort((a, b) => a - b)
      expect(parseByteRange(`${unit}=${start}-${end}`, total)).toEqual({ start, end })
      expect(parseByteRange(`${unit}=${start}-`, total)).toEqual({ start, end: total - 1 })
      expect(parseByteRange(`${unit}=${start}-${end + total}`, total)).toEqual({ start, end: total - 1 })
    }),
  )
})

test('a suffix is the end of the content, all of it when it is longer', () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 2 ** 51 }), (total, length) => {
      expect(parseByteRange(`bytes=-${length}`, total)).toEqual({ start: Math.max(0, total - length), end: total - 1 })
    }),
  )
})

test('a range that starts behind the content is unsatisfiable (RFC 9110 §14.1.2)', () => {
  fc.assert(
    fc.property(size, fc.nat(), (total, beyond) => {
      expect(parseByteRange(`bytes=${total + beyond}-`, total)).toBe('unsatisfiable')
      expect(parseByteRange(`bytes=${total + beyond}-${total + beyond + 1}`, total)).toBe('unsatisfiable')
    }),
  )
  expect(parseByteRange('bytes=-0', 10)).toBe('unsatisfiable')
  expect(parseByteRange(`bytes=${'9'.repeat(400)}-`, 10)).toBe('unsatisfiable')
})

test('empty content has no part: a first byte is unsatisfiable, a suffix is ignored', () => {
  expect(parseByteRange('bytes=0-', 0)).toBe('unsatisfiable')
  expect(parseByteRange('bytes=-5', 0)).toBeUndefined()
})

test.each([
  '',
  'bytes',
  'bytes=',
  'bytes=-',
  'bytes=a-b',
  'bytes=5-2',
  'bytes=0-1,3-4',
  'items=0-1',
  'bytes 0-1',
  'bytes=0x1-2',
  'bytes=1.5-2',
  'bytes=--1',
  'bytes=+1-2',
  'bytes=١-٢',
])('the header %j is ignored', (header) => {
  expect(parseByteRange(header, 10)).toBeUndefined()
})

test('no header asks for the whole', () => {
  expect(parseByteRange(undefined, 10)).toBeUndefined()
})

test('hostile headers never throw, and whatever range comes out lies inside the content', () => {
  const header = fc.oneof(
    hostileText,
    hostileText.map((text) => `bytes=${text}`),
    fc.stringMatching(/^bytes=[0-9]{0,30}-[0-9]{0,30}$/),
  )
  fc.assert(
    fc.property(header, fc.nat(1000), (text, total) => {
      const range = parseByteRange(text, total)
      if (typeof range !== 'object') return
      expect(range.start >= 0 && range.start <= range.end && range.end < total).toBe(true)
      expect(Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end)).toBe(true)
    }),
  )
})

test('a Content-Range of a chunk reads alike in the OCI and the RFC form', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (start, length, more) => {
      const end = start + length
      expect(parseContentRange(`${start}-${end}`)).toEqual({ start, end })
      expect(parseContentRange(`bytes ${start}-${end}/*`)).toEqual({ start, end })
      expect(parseContentRange(`bytes ${start}-${end}/${end + 1 + more}`)).toEqual({ start, end, sizeBytes: end + 1 + more })
    }),
  )
})

test.each([
  '',
  '-',
  '5-2',
  '0-',
  '-5',
  '0-1/2',
  'bytes 0-1',
  'bytes=0-1/2',
  'bytes */10',
  'bytes 0-9/5',
  'bytes 0-9/9',
  ' 0-1',
  '0-1 ',
  '0-1\n',
  '0-1,2-3',
  `0-${'9'.repeat(16)}`,
  'items 0-1/*',
])('%j is no Content-Range', (text) => {
  expect(parseContentRange(text)).toBeUndefined()
})

test('hostile Content-Ranges never throw', () => {
  isStable(parseContentRange)
})

test('10 kB of anything is decided within 50 ms (D-14)', () => {
  expectLinearTime((text) => parseByteRange(text, 10), ['bytes=', 'bytes=0-', '0', ' ', '\t'])
  expectLinearTime((text) => parseByteRange(`bytes=${text}`, 10), ['0', ' ', '0-', '9', '\t'])
  expectLinearTime(parseContentRange, ['0', '0-', 'bytes ', '0-1/'])
})

test.each([
  [200, undefined, true],
  [206, 'bytes=0-', true],
  [206, 'Bytes= 0-99', true],
  [307, 'bytes=0-1', true],
  // What is no range, or several, is answered with the whole.
  [200, 'bytes=9-5', true],
  [200, 'bytes=0-0,5-9', true],
  // A probe of the length.
  [206, 'bytes=0-0', false],
  [307, 'bytes=0-0', false],
  [206, 'bytes=100-', false],
  [206, 'bytes=-5', false],
  [304, undefined, false],
  [416, 'bytes=-0', false],
] as const)('an answer of status %s to the range %s begins a download: %s', (status, range, begins) => {
  expect(isBeginning(status, range)).toBe(begins)
})
