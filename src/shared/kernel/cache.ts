import { service } from './service.ts'

/** Shared between processes on Redis, per process in memory. Values are small; losing one is always allowed. */
export interface Cache {
  get(key: string): Promise<string | undefined>
  set(key: string, value: string, ttlMs: number): Promise<void>
  delete(key: string): Promise<void>
  /** Adds one to a counter that starts at 0 and vanishes `windowMs` after its first increment. */
  increment(key: string, windowMs: number): Promise<{ readonly count: number; readonly resetInMs: number }>
}
export const Cache = service<Cache>('kernel.cache')

/** In-process copies of database rows, dropped by events of any process. */
export interface LocalCache<V extends object> {
  /** From the cache, or by `load`; concurrent calls share one load; a load overtaken by an invalidation is not kept. `undefined` is not cached. */
  get(key: string, load: () => Promise<V | undefined>): Promise<V | undefined>
  /** Drops one key here and in every other process. */
  invalidate(key: string): void
}
export interface LocalCacheOptions {
  readonly name: string
  readonly maxEntries: number
  /** While the channel's heartbeat is live; 2 s otherwise. */
  readonly ttlMs: number
}
export interface LocalCaches {
  create<V extends object>(options: LocalCacheOptions): LocalCache<V>
}
export const LocalCaches = service<LocalCaches>('kernel.local-caches')
