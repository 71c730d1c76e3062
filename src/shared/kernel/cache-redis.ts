import { Redis } from 'ioredis'
import type { Cache } from './cache.ts'
import { createMemoryCache } from './cache-memory.ts'
import type { Logger } from './logger.ts'

const answerMs = 150
const probeMs = 1_000
const fallbackBytes = 16_777_216
const maxStale = 10_000

const valueKey = (key: string) => `gati:value:${key}`
const counterKey = (key: string) => `gati:count:${key}`

/** KEYS[1] the counter, ARGV[1] milliseconds. The window is renewed for a counter that has none, so that none can count for ever. */
const incrementScript = `
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], left)
end
return { count, left }`

export interface RedisCacheOptions {
  readonly url: string
  readonly log: Logger
  /** Keeps registries apart that share one Redis. */
  readonly registryId?: string
}

/**
 * A cache that all processes share. While Redis does not answer, every call is served by a cache of this process alone, the first of an
 * outage after at most 150 ms and the rest at once (D-19). Resolves after the first attempt to connect, successful or not.
 */
export async function openRedisCache(options: RedisCacheOptions): Promise<Cache & { readonly answers: boolean; close(): Promise<void> }> {
  const cache = new RedisCache(options)
  await cache.open()
  return cache
}

class RedisCache implements Cache {
  readonly #redis: Redis
  readonly #log: Logger
  #fallback = createMemoryCache({ maxBytes: fallbackBytes })
  /** Keys written during an outage: what Redis still has of them is older. Beyond the bound their own ttl has to do. */
  readonly #stale = new Set<string>()
  #down = true
  #logged = false
  #recovering: Promise<void> | undefined
  #probe: NodeJS.Timeout | undefined

  constructor({ url, log, registryId }: RedisCacheOptions) {
    this.#log = log
    this.#redis = new Redis(url, {
      ...(registryId !== undefined && { keyPrefix: `${registryId}:` }),
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 2_000,
      commandTimeout: answerMs,
      socketTimeout: 4_000,
      retryStrategy: (times) => Math.min(100 * 2 ** (times - 1), 2_000),
    })
    this.#redis.on('error', (error) => this.#fail(error))
    this.#redis.on('close', () => this.#fail(new Error('The connection to Redis is closed')))
    this.#redis.on('ready', () => void this.#recover())
  }

  async open(): Promise<void> {
    this.#probe = setInterval(() => void this.#recover(), probeMs).unref()
    await this.#redis.connect().catch((error: unknown) => this.#fail(error))
    await this.#recover()
  }

  /** False during an outage. */
  get answers(): boolean {
    return !this.#down
  }

  async close(): Promise<void> {
    clearInterval(this.#probe)
    this.#redis.removeAllListeners('close')
    await this.#redis.quit().catch(() => undefined)
    this.#redis.disconnect()
    this.#down = true
  }

  get(key: string): Promise<string | undefined> {
    return this.#answer(
      async () => (await this.#redis.get(valueKey(key))) ?? undefined,
      (fallback) => fallback.get(key),
    )
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    const ttl = Math.ceil(ttlMs)
    await this.#answer(
      async () => (ttl > 0 ? this.#redis.set(valueKey(key), value, 'PX', ttl) : this.#redis.unlink(valueKey(key))),
      (fallback) => {
        this.#markStale(valueKey(key))
        return fallback.set(key, value, ttlMs)
      },
    )
  }

  async delete(key: string): Promise<void> {
    await this.#answer(
      () => this.#redis.unlink(valueKey(key), counterKey(key)),
      (fallback) => {
        this.#markStale(valueKey(key))
        this.#markStale(counterKey(key))
        return fallback.delete(key)
      },
    )
  }

  increment(key: string, windowMs: number): Promise<{ readonly count: number; readonly resetInMs: number }> {
    const window = Math.max(Math.ceil(windowMs), 1)
    return this.#answer(
      async () => {
        const [count, resetInMs] = (await this.#redis.eval(incrementScript, 1, counterKey(key), window)) as [number, number]
        return { count, resetInMs }
      },
      (fallback) => fallback.increment(key, window),
    )
  }

  async #answer<T, F>(fromRedis: () => Promise<T>, otherwise: (fallback: Cache) => Promise<F>): Promise<T | F> {
    if (this.#down) return otherwise(this.#fallback)
    try {
      return await fromRedis()
    } catch (error) {
      this.#fail(error)
      return otherwise(this.#fallback)
    }
  }

  #markStale(redisKey: string): void {
    if (this.#stale.size < maxStale) this.#stale.add(redisKey)
  }

  #fail(error: unknown): void {
    this.#down = true
    if (!this.#logged) this.#log.warn({ err: error }, 'Redis does not answer: caching and limiting in this process alone')
    this.#logged = true
  }

  /** One attempt at a time; never rejects. */
  async #recover(): Promise<void> {
    if (!this.#down || this.#redis.status !== 'ready') return
    this.#recovering ??= this.#returnToRedis()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#recovering = undefined
      })
    await this.#recovering
  }

  /** When it takes writes and no longer has what was overwritten meanwhile. */
  async #returnToRedis(): Promise<void> {
    await this.#redis.set('gati:probe', '1', 'PX', probeMs)
    while (this.#stale.size > 0) {
      const keys = [...this.#stale].slice(0, 1_000)
      await this.#redis.unlink(...keys)
      for (const key of keys) this.#stale.delete(key)
    }
    this.#down = false
    this.#fallback = createMemoryCache({ maxBytes: fallbackBytes })
    if (this.#logged) this.#log.info({}, 'Redis answers again')
    this.#logged = false
  }
}
