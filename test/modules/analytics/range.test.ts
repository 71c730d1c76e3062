import { expect, test } from 'vitest'
import { RangeInvalid } from '../../../src/modules/analytics/errors.ts'
import { type Interval, readRange } from '../../../src/modules/analytics/numbers/range.ts'

const now = new Date('2026-11-22T03:20:56.789Z')
const boundsOf = (interval: Interval, from?: string, to?: string) => {
  const range = readRange({ interval, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }, now)
  return [range.from, range.to, range.starts.length]
}

test('without bounds a range ends with the interval that runs', () => {
  expect(boundsOf('minute')).toEqual(['2026-11-22T02:21:00Z', '2026-11-22T03:21:00Z', 60])
  expect(boundsOf('hour')).toEqual(['2026-11-20T04:00:00Z', '2026-11-22T04:00:00Z', 48])
  expect(boundsOf('day')).toEqual(['2026-10-24T00:00:00Z', '2026-11-23T00:00:00Z', 30])
  // The 22nd is a Sunday.
  expect(boundsOf('week')).toEqual(['2026-05-25T00:00:00Z', '2026-11-23T00:00:00Z', 26])
  expect(boundsOf('month')).toEqual(['2025-12-01T00:00:00Z', '2026-12-01T00:00:00Z', 12])
})

test('a range is made of whole intervals: the one its beginning is in, and the one its end is in', () => {
  expect(boundsOf('day', '2026-02-27T23:59:59.999Z', '2026-03-01T00:00Z')).toEqual(['2026-02-27T00:00:00Z', '2026-03-01T00:00:00Z', 2])
  expect(boundsOf('day', '2026-02-27', '2026-03-01T00:00:01Z')).toEqual(['2026-02-27T00:00:00Z', '2026-03-02T00:00:00Z', 3])
  expect(boundsOf('week', '2026-11-22', '2026-11-23')).toEqual(['2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z', 1])
  expect(boundsOf('month', '2026-01-31', '2026-02-01T00:00:01Z')).toEqual(['2026-01-01T00:00:00Z', '2026-03-01T00:00:00Z', 2])
  expect(readRange({ interval: 'month', from: '2026-12-05', to: '2027-02-01' }, now).starts).toEqual([
    '2026-12-01T00:00:00Z',
    '2027-01-01T00:00:00Z',
  ])
})

test.each([
  ['day', '2026-02-30', '2026-03-05'],
  ['day', '2026-13-01', undefined],
  ['day', '2026-01-01T25:00Z', undefined],
  ['day', '2026-03-05', '2026-03-05'],
  ['day', '2026-03-06', '2026-03-05'],
  ['day', '2027-01-01', undefined],
  ['minute', '2026-11-21', '2026-11-22'],
  ['day', '2000-01-01', '2999-12-31'],
] as const)('by the %s from %s to %s is refused', (interval, from, to) => {
  expect(() => boundsOf(interval, from, to)).toThrow(RangeInvalid)
})
