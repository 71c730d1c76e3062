import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Cache } from './cache.ts'
import { clientNetwork } from './client-network.ts'
import type { RateLimit } from './handler.ts'
import { RateLimited } from './http-errors.ts'

export interface RateLimits {
  /** Counts this request against the limit of all routes and that of its own, if there are any; routes with one limit count together. Throws `RateLimited`. */
  count(request: FastifyRequest): Promise<void> | undefined
}

export interface RateLimitOptions {
  readonly cache: Cache
  /** Per client and minute over all routes; 0 is no limit. */
  readonly maxPerMinute: number
}

const minuteMs = 60_000
type Limiter = ReturnType<FastifyInstance['createRateLimit']>

/** Counted in the cache, so that processes on one Redis share the counts; per process while the cache fails. */
export async function createRateLimits(http: FastifyInstance, { cache, maxPerMinute }: RateLimitOptions): Promise<RateLimits> {
  await http.register(rateLimit, { global: false, store: storeOver(cache) })
  const limiter = (name: string, { max, windowMs }: RateLimit): Limiter =>
    http.createRateLimit({ max, timeWindow: windowMs, keyGenerator: (request) => `rate:${name}:${clientOf(request)}` })
  const overall = maxPerMinute > 0 ? limiter('all', { max: maxPerMinute, windowMs: minuteMs }) : undefined
  const ofRoutes = new Map<RateLimit, Limiter>()
  // Named after the first route that has it, in the order of registration: in every process the same.
  http.addHook('onRoute', ({ config, method, url }) => {
    const limit = config?.limit
    if (limit && !ofRoutes.has(limit)) ofRoutes.set(limit, limiter(`${[method].flat().join('+')} ${url}`, limit))
  })
  const routeLimiter = ({ routeOptions, principal }: FastifyRequest): Limiter | undefined => {
    const { limit } = routeOptions.config
    return !limit || (limit.anonymousOnly && principal.userId !== undefined) ? undefined : ofRoutes.get(limit)
  }
  return {
    count(request) {
      const own = routeLimiter(request)
      return overall || own ? countAll(request, [overall, own]) : undefined
    },
  }
}

async function countAll(request: FastifyRequest, limiters: readonly (Limiter | undefined)[]): Promise<void> {
  for (const limit of limiters) {
    const result = await limit?.(request)
    if (result && !result.isAllowed && result.isExceeded) throw new RateLimited(Math.max(1, result.ttlInSeconds))
  }
}

/** An account wherever it calls from; otherwise the address, for IPv6 the /64 that one subscriber has. */
function clientOf({ principal, exchange }: FastifyRequest): string {
  if (principal.userId !== undefined) return `user:${principal.userId}`
  const { ip } = exchange.context
  return `ip:${ip === null ? 'local' : clientNetwork(ip)}`
}

interface Count {
  readonly current: number
  readonly ttl: number
}

function storeOver(cache: Cache) {
  const local = createLocalCounts()
  return class CountsInCache {
    incr(key: string, done: (error: Error | null, result?: Count) => void, windowMs: number): void {
      cache
        .increment(key, windowMs)
        .then(({ count, resetInMs }) => ({ current: count, ttl: resetInMs }))
        .catch(() => local(key, windowMs))
        .then((result) => done(null, result), done)
    }
    child(): CountsInCache {
      return this
    }
  }
}

const maxLocalCounts = 10_000

function createLocalCounts(): (key: string, windowMs: number) => Count {
  const counts = new Map<string, { current: number; readonly endsAt: number }>()
  return (key, windowMs) => {
    const now = Date.now()
    const known = counts.get(key)
    const count = known && known.endsAt > now ? known : { current: 0, endsAt: now + windowMs }
    count.current += 1
    counts.delete(key)
    counts.set(key, count)
    if (counts.size > maxLocalCounts) counts.delete(counts.keys().next().value ?? key)
    return { current: count.current, ttl: count.endsAt - now }
  }
}
