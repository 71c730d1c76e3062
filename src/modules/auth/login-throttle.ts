import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { byCount } from '../../shared/kernel/by-count.ts'
import type { Cache } from '../../shared/kernel/cache.ts'
import { clientNetwork } from '../../shared/kernel/client-network.ts'
import { TooManyAttempts } from './errors.ts'

const windowMs = 300_000
const maxPerSubject = 10
const maxOverall = 1_000

export interface Attempt {
  readonly username: string
  readonly ip: string | null
}

/** Failed password checks per user, per address and in all (D-20), shared between processes as far as the cache is. */
export class LoginThrottle {
  readonly #cache: Cache
  /** A small or full cache may lose what the other processes would read; this process does not forget. */
  readonly #blocked = new LRUCache<string, number>(byCount(10_000))

  constructor(cache: Cache) {
    this.#cache = cache
  }

  /** Throws TooManyAttempts while one of the limits is used up. */
  async admit(attempt: Attempt): Promise<void> {
    const ends = await Promise.all(limitsOf(attempt).map(({ key }) => this.#endOf(key)))
    const blockedUntil = Math.max(...ends)
    if (blockedUntil > Date.now()) throw new TooManyAttempts(Math.ceil((blockedUntil - Date.now()) / 1_000))
  }

  async failed(attempt: Attempt): Promise<void> {
    await Promise.all(
      limitsOf(attempt).map(async ({ key, max }) => {
        const { count, resetInMs } = await this.#cache.increment(`auth.failures:${key}`, windowMs)
        if (count >= max) await this.#block(key, resetInMs)
      }),
    )
  }

  async #block(key: string, forMs: number): Promise<void> {
    const end = Date.now() + forMs
    this.#blocked.set(key, end, { ttl: forMs })
    await this.#cache.set(blockKey(key), String(end), forMs)
  }

  /** Milliseconds since the epoch; 0 when it is not blocked. */
  async #endOf(key: string): Promise<number> {
    return this.#blocked.get(key) ?? Number((await this.#cache.get(blockKey(key))) ?? 0)
  }
}

const blockKey = (key: string): string => `auth.blocked:${key}`

function limitsOf({ username, ip }: Attempt): { readonly key: string; readonly max: number }[] {
  // Hashed, because a caller chooses the length of a username and sometimes types a password into it.
  const user = createHash('sha256').update(username).digest('base64url')
  return [
    { key: `user:${user}`, max: maxPerSubject },
    ...(ip === null ? [] : [{ key: `ip:${clientNetwork(ip)}`, max: maxPerSubject }]),
    { key: 'all', max: maxOverall },
  ]
}
