import { LRUCache } from 'lru-cache'
import type { Cache } from './cache.ts'

/** What an entry costs beside the characters of its key and value, roughly. */
const entryBytes = 200
const minCounterBytes = 1_048_576

interface Counter {
  count: number
  readonly endsAt: number
}

/**
 * A cache of this process that forgets the least recently used beyond `maxBytes`. Counters have a quarter of the bytes to themselves, and
 * no less than 1 MiB: filling the cache must not make a rate limit forget.
 */
export function createMemoryCache(options: { readonly maxBytes: number }): Cache {
  const counterBytes = Math.max(Math.floor(options.maxBytes / 4), minCounterBytes)
  const values = new LRUCache<string, string>({
    // 0 would mean unbounded.
    maxSize: Math.max(options.maxBytes - counterBytes, 1),
    sizeCalculation: (value, key) => entryBytes + 2 * (key.length + value.length),
  })
  const counters = new LRUCache<string, Counter>({
    maxSize: counterBytes,
    sizeCalculation: (_counter, key) => entryBytes + 2 * key.length,
  })
  return {
    async get(key) {
      return values.get(key)
    },
    async set(key, value, ttlMs) {
      if (ttlMs > 0) values.set(key, value, { ttl: Math.ceil(ttlMs) })
      else values.delete(key)
    },
    async delete(key) {
      values.delete(key)
      counters.delete(key)
    },
    async increment(key, windowMs) {
      const now = performance.now()
      let counter = counters.get(key)
      if (!counter || counter.endsAt <= now) {
        counter = { count: 0, endsAt: now + windowMs }
        counters.set(key, counter)
      }
      counter.count++
      return { count: counter.count, resetInMs: Math.min(Math.ceil(counter.endsAt - now), Math.ceil(windowMs)) }
    },
  }
}
