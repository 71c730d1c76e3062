import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cache } from '../../src/shared/kernel/cache.ts'

export interface OpenCache {
  readonly cache: Cache
  close(): Promise<void>
}

/** What every cache driver must do. Each call of `open` starts empty. */
export function cacheContract(name: string, open: () => Promise<OpenCache>): void {
  describe(`cache on ${name}`, () => {
    let opened: OpenCache
    let cache: Cache
    beforeEach(async () => {
      opened = await open()
      cache = opened.cache
    })
    afterEach(() => opened.close())

    test('a value is there until it is replaced or deleted', async () => {
      expect(await cache.get('k')).toBeUndefined()
      await cache.set('k', 'ünïcode 🎉\n', 10_000)
      expect(await cache.get('k')).toBe('ünïcode 🎉\n')
      await cache.set('k', '', 10_000)
      expect(await cache.get('k')).toBe('')
      expect(await cache.get('K')).toBeUndefined()
      await cache.delete('k')
      expect(await cache.get('k')).toBeUndefined()
      await cache.delete('k')
    })

    test('a value vanishes after its time, which may be a fraction or nothing', async () => {
      await cache.set('short', 'x', 80.5)
      await cache.set('long', 'x', 10_000)
      await cache.set('none', 'x', 10_000)
      await cache.set('none', 'x', 0)
      expect(await cache.get('short')).toBe('x')
      expect(await cache.get('none')).toBeUndefined()
      await delay(130)
      expect(await cache.get('short')).toBeUndefined()
      expect(await cache.get('long')).toBe('x')
    })

    test('a counter starts at one and its window runs from the first increment (D-20)', async () => {
      const first = await cache.increment('login', 300)
      expect(first.count).toBe(1)
      expect(first.resetInMs).toBeGreaterThan(200)
      expect(first.resetInMs).toBeLessThanOrEqual(300)
      await delay(150)
      const second = await cache.increment('login', 300)
      expect(second.count).toBe(2)
      expect(second.resetInMs).toBeLessThanOrEqual(155)
      await delay(second.resetInMs + 20)
      expect((await cache.increment('login', 300)).count).toBe(1)
    })

    test('concurrent increments lose none', async () => {
      const results = await Promise.all(Array.from({ length: 100 }, () => cache.increment('n', 10_000)))
      expect(results.map((result) => result.count).sort((x, y) => x - y)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    })

    test('counters and values do not meet, and delete forgets both', async () => {
      await cache.set('k', 'text', 10_000)
      expect((await cache.increment('k', 10_000)).count).toBe(1)
      expect(await cache.get('k')).toBe('text')
      await cache.delete('k')
      expect(await cache.get('k')).toBeUndefined()
      expect((await cache.increment('k', 10_000)).count).toBe(1)
    })
  })
}
