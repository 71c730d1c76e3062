import type { Cache, LocalCaches } from './cache.ts'
import { createMemoryCache } from './cache-memory.ts'
import type { Channel } from './channel.ts'
import type { Transaction } from './database.ts'
import type { KernelSettings } from './kernel-settings.ts'
import { createLocalCaches } from './local-cache.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import type { Health } from './module.ts'

/** What processes share beside the database. */
export interface SharedState {
  readonly cache: Cache
  readonly channel: Channel
  readonly caches: LocalCaches
  /** Of what the processes share it on, where that is not the database. */
  readonly health: (() => Promise<Health>) | undefined
  close(): Promise<void>
}

export interface SharedStateOptions {
  readonly settings: KernelSettings
  readonly databaseUrl: string
  readonly registryId: string
  readonly instanceId: string
  readonly transaction: Transaction
  readonly log: Logger
  readonly metrics: Metrics
}

/** On Redis when `redisUrl` is set; otherwise memory, with Postgres' LISTEN/NOTIFY between processes. */
export async function openSharedState(options: SharedStateOptions): Promise<SharedState> {
  const { settings, log, transaction, metrics } = options
  const { channel, cache, health, close } = await (settings.redisUrl === '' ? onPostgres(options) : onRedis(options))
  return { cache, channel, caches: createLocalCaches({ channel, log, transaction, metrics }), health, close }
}

async function onPostgres({ settings, databaseUrl, instanceId, log }: SharedStateOptions) {
  const { openPostgresChannel } = await import('./channel-postgres.ts')
  const channel = await openPostgresChannel({ url: databaseUrl, instanceId, log })
  return { channel, cache: createMemoryCache({ maxBytes: settings.cacheMaxBytes }), health: undefined, close: () => channel.close() }
}

async function onRedis({ settings, registryId, instanceId, log }: SharedStateOptions) {
  const [{ openRedisChannel }, { openRedisCache }] = await Promise.all([import('./channel-redis.ts'), import('./cache-redis.ts')])
  const url = settings.redisUrl
  const channel = await openRedisChannel({ url, registryId, instanceId, log })
  const cache = await openRedisCache({ url, registryId, log }).catch(async (error: unknown) => {
    await channel.close()
    throw error
  })
  const close = async () => {
    await channel.close()
    await cache.close()
  }
  const health = async (): Promise<Health> => {
    if (!cache.answers) return { status: 'down', reason: 'no answer: caching and limiting in this process alone' }
    return channel.live ? { status: 'up' } : { status: 'down', reason: 'no messages between processes' }
  }
  return { channel, cache, health, close }
}
