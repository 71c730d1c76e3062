import fc from 'fast-check'
import { expect, test } from 'vitest'
import { windowsOf } from '../../../src/modules/metering/period-windows.ts'

const hourMs = 3_600_000
const instant = (hours: number) => new Date(Date.UTC(2026, 0) + hours * hourMs).toISOString()

test('a range is read in windows that follow each other, begin with periods, and are few', () => {
  const range = fc.record({
    from: fc.nat(10_000),
    length: fc.integer({ min: 1, max: 80_000 }),
    interval: fc.constantFrom('hour', 'day', 'month'),
  })
  fc.assert(
    fc.property(range, ({ from, length, interval }) => {
      const whole = { from: instant(from), to: instant(from + length), interval } as const
      const windows = [...windowsOf(whole, undefined)]
      expect([windows[0]?.[0], windows.at(-1)?.[1]]).toEqual([whole.from, whole.to])
      expect(windows.length).toBeLessThan(18)
      for (const [at, [begins, ends]] of windows.entries()) {
        expect(begins < ends).toBe(true)
        if (at === 0) continue
        expect(begins).toBe(windows[at - 1]?.[1])
        expect(begins).toMatch(interval === 'hour' ? /:00:00.000Z$/ : interval === 'day' ? /T00:00:00.000Z$/ : /-01T00:00:00.000Z$/)
      }
    }),
    { numRuns: 50 },
  )
})

test('a page does not read again what the pages before it told', () => {
  const [first] = windowsOf({ from: instant(0), to: instant(5_000), interval: 'day' }, '2026-03-05T00:00:00Z')
  expect(first).toEqual(['2026-03-05T00:00:00.000Z', '2026-03-06T00:00:00.000Z'])
})
