import { expect, test } from 'vitest'
import { createMemoryCache } from '../../src/shared/kernel/cache-memory.ts'
import { cacheContract } from '../contracts/cache.contract.ts'

cacheContract('memory', async () => ({ cache: createMemoryCache({ maxBytes: 33_554_432 }), close: async () => {} }))

test('the bytes are bounded and the least recently used values go first', async () => {
  const cache = createMemoryCache({ maxBytes: 2_097_152 })
  await cache.set('wanted', 'x', 60_000)
  for (let i = 0; i < 1_000; i++) {
    await cache.set(`filler ${i}`, 'x'.repeat(5_000), 60_000)
    await cache.get('wanted')
  }
  let kept = 0
  for (let i = 0; i < 1_000; i++) if (await cache.get(`filler ${i}`)) kept++
  expect(kept * 10_000).toBeLessThanOrEqual(2_097_152)
  expect(kept).toBeGreaterThan(50)
  expect(await cache.get('filler 0')).toBeUndefined()
  expect(await cache.get('filler 999')).toBeDefined()
})

test('a value larger than the cache is not kept and replaces the old one', async () => {
  const cache = createMemoryCache({ maxBytes: 2_097_152 })
  await cache.set('k', 'old', 60_000)
  await cache.set('k', 'x'.repeat(2_097_152), 60_000)
  expect(await cache.get('k')).toBeUndefined()
})

test('counters survive a flood of values, and work with no bytes at all (D-20)', async () => {
  const cache = createMemoryCache({ maxBytes: 0 })
  await cache.increment('login', 60_000)
  for (let i = 0; i < 1_000; i++) await cache.set(`filler ${i}`, 'x'.repeat(5_000), 60_000)
  expect((await cache.increment('login', 60_000)).count).toBe(2)
  expect(await cache.get('filler 999')).toBeUndefined()
})

test('the bytes of counters are bounded too', async () => {
  const cache = createMemoryCache({ maxBytes: 0 })
  for (let i = 0; i < 10_000; i++) await cache.increment(`counter ${i}`, 60_000)
  expect((await cache.increment('counter 9999', 60_000)).count).toBe(2)
  expect((await cache.increment('counter 0', 60_000)).count).toBe(1)
})
