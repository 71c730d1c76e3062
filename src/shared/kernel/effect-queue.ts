import type { Logger } from './logger.ts'

/** A request to look for due runs of one effect. What is due stands in `effect_runs`: a job that is lost or comes twice does no harm. */
export interface EffectJob {
  readonly effect: string
  /** It was put off until a retry is due. */
  readonly retry?: boolean
  /** Of a cron effect: which tick it is. */
  readonly tick?: string
}

export interface Schedule {
  readonly effect: string
  readonly cron: string
}

export interface EffectQueue {
  add(jobs: readonly { readonly effect: string; readonly delayMs: number }[]): Promise<void>
  /** Declares all cron effects there are: missing ones are added, unknown ones removed. Idempotent. */
  reconcile(schedules: readonly Schedule[]): Promise<void>
  /** Resolves when the queue answers, however long that takes. */
  ping(): Promise<void>
  /** Stops taking jobs; resolves when those taken are done, or after `timeoutMs`. */
  stopWork(timeoutMs: number): Promise<void>
  close(): Promise<void>
}

export interface QueueOptions {
  readonly databaseUrl: string
  /** Empty: the queue lives in Postgres. */
  readonly redisUrl: string
  /** Keeps registries that share one Redis apart. */
  readonly registryId: string
  readonly log: Logger
  /** Absent in a process that only adds. */
  readonly work: { readonly concurrency: number; readonly process: (job: EffectJob) => Promise<void> } | undefined
}

const retryMs = 1_000

/** Wake-ups on their way to the queue: at most one per effect waits, however long the queue is away. */
export class WakeUps {
  readonly #queue: Promise<EffectQueue>
  readonly #log: Logger
  readonly #pending = new Set<string>()
  readonly #delayed = new Map<string, number>()
  #sending = false
  #closed = false

  constructor(queue: Promise<EffectQueue>, log: Logger) {
    this.#queue = queue
    this.#log = log
  }

  now(effects: Iterable<string>): void {
    for (const effect of effects) this.#pending.add(effect)
    void this.#send()
  }

  /** A job that comes no later than one already asked for is enough for both. */
  later(effect: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.now([effect])
      return
    }
    const at = performance.now() + delayMs
    const known = this.#delayed.get(effect)
    if (known !== undefined && known > performance.now() && known <= at) return
    this.#delayed.set(effect, at)
    void this.#add([{ effect, delayMs }])
  }

  close(): void {
    this.#closed = true
  }

  async #send(): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    while (this.#pending.size > 0 && !this.#closed) {
      const effects = [...this.#pending]
      this.#pending.clear()
      const sent = await this.#add(effects.map((effect) => ({ effect, delayMs: 0 })))
      if (sent) continue
      for (const effect of effects) this.#pending.add(effect)
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref())
    }
    this.#sending = false
  }

  async #add(jobs: readonly { effect: string; delayMs: number }[]): Promise<boolean> {
    try {
      const queue = await this.#queue
      if (!this.#closed) await queue.add(jobs)
      return true
    } catch (error) {
      // The sweeper finds what got no job.
      if (!this.#closed) this.#log.warn({ err: error }, 'effect jobs not added')
      return false
    }
  }
}
