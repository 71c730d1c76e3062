import type { Database, Transaction } from './database.ts'
import { declareListeners, forgetListeners, type Listening } from './effect-listeners.ts'
import { effectsDue } from './effect-runs.ts'
import type { Logger } from './logger.ts'

// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_034
const cleanBatch = 1_000
/** Longest that one sweep clears away. */
const cleanForMs = 5_000

export interface SweeperOptions {
  readonly database: Database
  readonly transaction: Transaction
  readonly log: Logger
  /** Between two sweeps, ± 20 %. */
  readonly everyMs: number
  /** Nobody may have been woken for a run that has been due for so long. */
  readonly lostAfterMs: number
  /** How long done runs and their outbox rows are kept. */
  readonly keepMs: number
  /** The effects of this process. */
  readonly listening: readonly Listening[]
  readonly enqueue: (effects: readonly string[]) => void
  /** Also asked for every sweep: whatever else a wiped queue has lost. */
  readonly restore: () => void
}

/** Finds work that nobody was woken for (a wiped Redis, a killed process) and clears old rows away. Every process has one; a lock lets one at a time sweep. */
export class EffectSweeper {
  readonly #options: SweeperOptions
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> = Promise.resolve()
  #cleanedUpTo = 0
  #stopped = false

  constructor(options: SweeperOptions) {
    this.#options = options
  }

  start(): void {
    const { everyMs } = this.#options
    this.#timer = setTimeout(
      () => {
        this.#sweeping = this.sweep().finally(() => {
          if (!this.#stopped) this.start()
        })
      },
      everyMs * (0.8 + Math.random() * 0.4),
    ).unref()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#sweeping
  }

  async sweep(): Promise<void> {
    const { database, log, transaction, listening, enqueue, restore } = this.#options
    try {
      await declareListeners(database, listening)
      const lost = await transaction.run(() => this.#sweepLocked())
      if (lost.length > 0) {
        log.info({ effects: lost }, 'overdue effects enqueued again')
        enqueue(lost)
      }
      restore()
    } catch (error) {
      if (!this.#stopped) log.warn({ err: error }, 'effects not swept')
    }
  }

  async #sweepLocked(): Promise<string[]> {
    const { database, lostAfterMs } = this.#options
    const [lock] = await database.sql<{ taken: boolean }>`select pg_try_advisory_xact_lock(${lockKey}) as taken`
    if (!lock?.taken) return []
    await forgetListeners(database)
    const until = performance.now() + cleanForMs
    do await this.#clean()
    while (this.#cleanedUpTo > 0 && !this.#stopped && performance.now() < until)
    return effectsDue(database, lostAfterMs)
  }

  /** One batch. Walks on from where the last one ended, so that rows which must stay are not looked at again and again. */
  async #clean(): Promise<void> {
    const { database, keepMs } = this.#options
    const [walked] = await database.sql<{ count: number; upTo: number | null }>`
      with old as (
        select id, at from outbox where id > ${this.#cleanedUpTo} order by id limit ${cleanBatch}
      ), expired as (
        select id from old where at < now() - ${keepMs} * interval '1 millisecond'
      ), gone as (
        delete from outbox o using expired e where o.id = e.id and o.relayed
          and not exists (select from effect_runs r where r.outbox_id = o.id and r.state <> 'done')
      )
      select count(*) as count, max(id) as "upTo" from expired`
    this.#cleanedUpTo = walked?.count === cleanBatch ? (walked.upTo ?? 0) : 0
  }
}
