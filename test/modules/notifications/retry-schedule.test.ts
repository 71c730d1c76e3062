import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  longestWaitMs,
  mostTries,
  nextTryMs,
  parseRetryAfter,
  retryDelayMs,
} from '../../../src/modules/notifications/webhooks/retry-schedule.ts'

const hourMs = 3_600_000
const random = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

test('D-29 whatever the dice say, eight tries take from 23 to 25 hours, each wait longer than the one before', () => {
  fc.assert(
    fc.property(fc.array(random, { minLength: 7, maxLength: 7 }), (dice) => {
      const waits: number[] = []
      for (let tries = 1, wait = retryDelayMs(tries, dice[0] ?? 0); wait !== undefined; wait = retryDelayMs(++tries, dice[tries - 1] ?? 0))
        waits.push(wait)
      expect(waits).toHaveLength(mostTries - 1)
      expect(mostTries).toBe(8)
      const total = waits.reduce((sum, wait) => sum + wait, 0)
      expect(total).toBeGreaterThanOrEqual(23 * hourMs)
      expect(total).toBeLessThanOrEqual(25 * hourMs)
      for (const [index, wait] of waits.entries()) expect(wait).toBeGreaterThan(waits[index - 1] ?? 0)
    }),
    { numRuns: 500 },
  )
})

test('D-29 a wait that was asked for is kept, but never beyond 25 hours after the delivery was made', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 0, max: 40 * hourMs }),
      fc.option(fc.integer({ min: 0, max: 100 * hourMs }), { nil: undefined }),
      (tries, sinceMadeMs, retryAfterMs) => {
        const next = nextTryMs({ tries, sinceMadeMs, retryAfterMs, random: 0.5 })
        if (tries >= 8 || sinceMadeMs >= longestWaitMs) {
          expect(next).toBeUndefined()
          return
        }
        const wait = next ?? Number.NaN
        expect(wait).toBeGreaterThan(0)
        expect(sinceMadeMs + wait).toBeLessThanOrEqual(longestWaitMs)
        if (sinceMadeMs + wait < longestWaitMs) expect(wait).toBeGreaterThanOrEqual(retryAfterMs ?? 0)
      },
    ),
    { numRuns: 500 },
  )
})

test('Retry-After is seconds or a date, and nothing else', () => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  expect(parseRetryAfter('120', now)).toBe(120_000)
  expect(parseRetryAfter('Sat, 21 Nov 2026 12:00:30 GMT', now)).toBe(30_000)
  expect(parseRetryAfter('Sat, 21 Nov 2020 12:00:30 GMT', now)).toBe(0)
  for (const text of [undefined, '', '-1', '1.5', 'soon', '1e9', '99999999999999', '2026-11-21', 'Sat, 99 Nov 2026 12:00:30 GMT'])
    expect(parseRetryAfter(text, now), String(text)).toBeUndefined()
})
