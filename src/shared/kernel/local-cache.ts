import { LRUCache } from 'lru-cache'
import { byCount } from './by-count.ts'
import type { LocalCache, LocalCacheOptions, LocalCaches } from './cache.ts'
import type { Channel } from './channel.ts'
import type { Transaction } from './database.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

const topic = 'cache'
/** Longest age of a copy that nobody might have been able to invalidate (design.md §3 point 5). */
const unprovenMs = 2_000
/** Beyond it the message says "all of this cache". */
const maxKeyLength = 1_000

export interface LocalCachesOptions {
  readonly channel: Channel
  readonly log: Logger
  /** With it, loads inside a transaction are not kept, and invalidations are sent when it has committed. */
  readonly transaction?: Pick<Transaction, 'active' | 'afterCommit'>
  readonly metrics?: Pick<Metrics, 'counter' | 'gauge'>
}

/** What is measured of a cache. */
interface Use {
  readonly hits: number
  readonly misses: number
  readonly entries: number
}

const noTransaction: Pick<Transaction, 'active' | 'afterCommit'> = { active: false, afterCommit: (work) => work() }

export function createLocalCaches(options: LocalCachesOptions): LocalCaches {
  const { channel, log, transaction = noTransaction } = options
  const caches = new Map<string, Use & { drop(key: string): void; clear(): void }>()
  const clearAll = () => {
    for (const cache of caches.values()) cache.clear()
  }
  if (options.metrics) measure(options.metrics, caches)
  channel.onReset(clearAll)
  channel.on(topic, (message) => {
    const { name, key } = parseInvalidation(message)
    if (name === undefined) {
      log.warn({ message }, 'invalidation not understood: all local caches dropped')
      clearAll()
    } else if (key === undefined) caches.get(name)?.clear()
    else caches.get(name)?.drop(key)
  })
  return {
    create<V extends object>(settings: LocalCacheOptions): LocalCache<V> {
      const { name, maxEntries, ttlMs } = settings
      if (caches.has(name)) throw new Error(`There are two local caches named ${name}`)
      const rows = new RowCopies<V>(maxEntries, (since) => performance.now() - since < (channel.live ? ttlMs : Math.min(ttlMs, unprovenMs)))
      caches.set(name, rows)
      return {
        get: (key, load) => (transaction.active ? rows.peek(key, load) : rows.get(key, load)),
        invalidate: (key) => {
          rows.drop(key)
          transaction.afterCommit(() => {
            rows.drop(key)
            channel.publish(topic, JSON.stringify(key.length > maxKeyLength ? [name] : [name, key]))
          })
        },
      }
    },
  }
}

/** Counted in plain numbers and read at a scrape: a metric of its own would cost more than the look into the cache. */
function measure({ counter, gauge }: Pick<Metrics, 'counter' | 'gauge'>, caches: ReadonlyMap<string, Use>): void {
  counter({
    name: 'registry_cache_requests_total',
    help: 'Looks into a cache of rows. A hit costs no query.',
    labelNames: ['cache', 'result'],
    read: () =>
      [...caches].flatMap(([cache, { hits, misses }]) => [
        { labels: { cache, result: 'hit' }, value: hits },
        { labels: { cache, result: 'miss' }, value: misses },
      ]),
  })
  gauge({
    name: 'registry_cache_entries',
    help: 'Rows in a cache.',
    labelNames: ['cache'],
    read: () => [...caches].map(([cache, { entries }]) => ({ labels: { cache }, value: entries })),
  })
}

function parseInvalidation(message: string): { readonly name?: string | undefined; readonly key?: string | undefined } {
  try {
    const [name, key] = JSON.parse(message) as [string, string?]
    return { name, key }
  } catch {
    return {}
  }
}

/** Age counts from the start of a load: what it read may be that old. */
interface Dated<T> {
  readonly since: number
  readonly value: T
}

class RowCopies<V extends object> {
  readonly #kept: LRUCache<string, Dated<V>>
  /** Loads whose result may be kept and shared; dropping a key takes its load out. */
  readonly #loading = new Map<string, Dated<Promise<V | undefined>>>()
  readonly #isFresh: (since: number) => boolean
  hits = 0
  misses = 0

  constructor(maxEntries: number, isFresh: (since: number) => boolean) {
    this.#kept = new LRUCache(byCount(maxEntries))
    this.#isFresh = isFresh
  }

  get entries(): number {
    return this.#kept.size
  }

  async get(key: string, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const kept = this.#fresh(key)
    if (kept) return kept
    const loading = this.#loading.get(key)
    if (loading && this.#isFresh(loading.since)) return loading.value
    return this.#fill(key, load)
  }

  /** Keeps nothing: inside a transaction a load may see what is never committed. */
  async peek(key: string, load: () => Promise<V | undefined>): Promise<V | undefined> {
    return this.#fresh(key) ?? load()
  }

  drop(key: string): void {
    this.#kept.delete(key)
    this.#loading.delete(key)
  }

  clear(): void {
    this.#kept.clear()
    this.#loading.clear()
  }

  #fresh(key: string): V | undefined {
    const kept = this.#kept.get(key)
    const isHit = kept !== undefined && this.#isFresh(kept.since)
    if (isHit) this.hits += 1
    else this.misses += 1
    return isHit ? kept.value : undefined
  }

  async #fill(key: string, load: () => Promise<V | undefined>): Promise<V | undefined> {
    const filling = { since: performance.now(), value: load() }
    this.#kept.delete(key)
    this.#loading.set(key, filling)
    const wanted = () => this.#loading.get(key) === filling
    try {
      const row = await filling.value
      if (row !== undefined && wanted()) this.#kept.set(key, { since: filling.since, value: row })
      return row
    } finally {
      if (wanted()) this.#loading.delete(key)
    }
  }
}
