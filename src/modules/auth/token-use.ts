import { LRUCache } from 'lru-cache'
import { byCount } from '../../shared/kernel/by-count.ts'
import type { Database } from '../../shared/kernel/database.ts'
import type { Logger } from '../../shared/kernel/logger.ts'
import { service } from '../../shared/kernel/service.ts'

const flushDelayMs = 1_000
const oncePerMs = 60_000

/** Remembers that tokens were used, at most once a minute each, and writes it in batches behind the requests. */
export class TokenUse implements AsyncDisposable {
  readonly #database: Database
  readonly #log: Logger
  readonly #recent = new LRUCache<string, true>({ ...byCount(20_000), ttl: oncePerMs })
  #pending = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(database: Database, log: Logger) {
    this.#database = database
    this.#log = log
  }

  note(tokenId: string): void {
    if (this.#recent.has(tokenId)) return
    this.#recent.set(tokenId, true)
    this.#pending.add(tokenId)
    this.#timer ??= setTimeout(() => void this.#flush(), flushDelayMs).unref()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer)
    await this.#flush()
    await this.#writing
  }

  async #flush(): Promise<void> {
    this.#timer = undefined
    if (this.#pending.size === 0) return
    const ids = [...this.#pending]
    this.#pending = new Set()
    this.#writing = this.#write(ids)
    await this.#writing
  }

  async #write(ids: readonly string[]): Promise<void> {
    try {
      await this.#database.sql`
        update tokens set last_used_at = now()
        where id = any(${ids}::uuid[]) and (last_used_at is null or last_used_at < now() - interval '1 minute')`
    } catch (error) {
      this.#log.warn({ err: error }, 'the last use of tokens is not recorded')
    }
  }
}

export const TokenUses = service<TokenUse>('auth.token_uses')
