import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import type { Cache } from '../../src/shared/kernel/cache.ts'
import { openRedisCache } from '../../src/shared/kernel/cache-redis.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { cacheContract } from '../contracts/cache.contract.ts'
import { startRedisServer, testRedisUrl } from '../support/redis-server.ts'

cacheContract('Redis', async () => {
  const log = recordLog()
  const cache = await openRedisCache({ url: testRedisUrl(), log })
  return {
    cache: withPrefix(cache, randomBytes(6).toString('hex')),
    async close() {
      await cache.close()
      // The fallback would satisfy the contract too.
      expect(log.lines).toEqual([])
    },
  }
})

/** The Redis is shared with other tests. */
function withPrefix(cache: Cache, prefix: string): Cache {
  return {
    get: (key) => cache.get(prefix + key),
    set: (key, value, ttlMs) => cache.set(prefix + key, value, ttlMs),
    delete: (key) => cache.delete(prefix + key),
    increment: (key, windowMs) => cache.increment(prefix + key, windowMs),
  }
}

test('processes share values and counters, under keys of our own (D-20)', async () => {
  await using server = await startRedisServer()
  const log = recordLog()
  const [a, b] = await Promise.all([openRedisCache({ url: server.url, log }), openRedisCache({ url: server.url, log })])
  await a.set('k', 'x', 60_000)
  expect(await b.get('k')).toBe('x')
  await a.increment('login', 60_000)
  expect((await b.increment('login', 60_000)).count).toBe(2)
  const redis = new Redis(server.url)
  const keys = await redis.keys('*')
  expect(keys.every((key) => key.startsWith('gati:'))).toBe(true)
  for (const key of keys) expect(await redis.pttl(key)).toBeGreaterThan(0)
  await Promise.all([a.close(), b.close(), redis.quit()])
})

test('Redis killed mid-way: every call is answered within 200 ms, one log line, and what is older in Redis does not come back (D-19)', async () => {
  await using server = await startRedisServer()
  const log = recordLog()
  const cache = await openRedisCache({ url: server.url, log })
  await cache.set('deleted', 'old', 60_000)
  await cache.set('replaced', 'old', 60_000)
  await cache.set('untouched', 'kept', 60_000)
  await server.kill()
  expect(await within200(() => cache.get('untouched'))).toBeUndefined()
  await within200(() => cache.delete('deleted'))
  await within200(() => cache.set('replaced', 'new', 60_000))
  expect(await within200(() => cache.get('replaced'))).toBe('new')
  expect((await within200(() => cache.increment('login', 60_000))).count).toBe(1)
  expect((await within200(() => cache.increment('login', 60_000))).count).toBe(2)
  expect(log.lines.map((line) => line.level)).toEqual(['warn'])
  await server.start()
  await expect.poll(() => cache.get('untouched'), { timeout: 8_000 }).toBe('kept')
  expect(await cache.get('deleted')).toBeUndefined()
  expect(await cache.get('replaced')).toBeUndefined()
  expect(log.lines.map((line) => line.message)).toEqual([
    'Redis does not answer: caching and limiting in this process alone',
    'Redis answers again',
  ])
  await cache.close()
})

test('a frozen Redis costs the first calls at most 200 ms and the next ones nothing (D-19)', async () => {
  await using server = await startRedisServer()
  const cache = await openRedisCache({ url: server.url, log: recordLog() })
  await cache.increment('login', 60_000)
  server.freeze()
  await within200(() => Promise.all(Array.from({ length: 50 }, () => cache.increment('login', 60_000))))
  const started = performance.now()
  for (let i = 0; i < 20; i++) await cache.get('k')
  expect(performance.now() - started).toBeLessThan(50)
  server.thaw()
  await cache.set('k', 'x', 60_000)
  const other = await openRedisCache({ url: server.url, log: recordLog() })
  await expect
    .poll(
      async () => {
        await cache.set('k', 'y', 60_000)
        return other.get('k')
      },
      { timeout: 8_000 },
    )
    .toBe('y')
  await Promise.all([cache.close(), other.close()])
})

test('no Redis at the start neither throws nor blocks', async () => {
  await using server = await startRedisServer()
  await server.kill()
  const cache = await openRedisCache({ url: server.url, log: recordLog() })
  await cache.set('k', 'x', 60_000)
  expect(await cache.get('k')).toBe('x')
  await cache.close()
  expect(await cache.get('k')).toBe('x')
})

/** The promise of 200 ms, and some for the test machine. */
async function within200<T>(call: () => Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await call()
  expect(performance.now() - started).toBeLessThan(250)
  return result
}
