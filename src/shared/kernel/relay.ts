import { AsyncLocalStorage } from 'node:async_hooks'
import type { Channel } from './channel.ts'
import type { Database } from './database.ts'
import { type Listening, listeners } from './effect-listeners.ts'
import { broadcastEvents, onBroadcast, type RelayedEvent } from './event-broadcast.ts'
import type { Logger } from './logger.ts'
import type { LocalEvents } from './outbox.ts'

const batchSize = 500
/** Bursts share a batch: the first commit after a pause waits so long … */
const debounceMs = 12
/** … and under load batches are so far apart. */
const spacingMs = 400

export interface RelayOptions {
  readonly database: Database
  readonly channel: Channel
  readonly events: LocalEvents
  readonly log: Logger
  readonly instanceId: string
  /** How often the outbox is looked at without having been woken: rows of a killed process wait for it. */
  readonly pollMs: number
  /** The effects of this process. */
  readonly listening: readonly Listening[]
  /** Called after the commit with every effect that got work. */
  readonly enqueue: (effects: readonly string[]) => void
}

/**
 * Moves committed outbox rows on: a run for every effect that listens in any process, then the listeners of other processes. Every
 * process relays, whatever its role; row locks keep them apart. A row that requests an effect waits for a process that has it. It has its own transaction and never runs in that of a publisher.
 */
export class Relay {
  readonly #options: RelayOptions
  readonly #names: readonly string[]
  readonly #own: ReturnType<typeof listeners>
  // Without it, the timers would carry the request context of whoever committed last.
  readonly #detached = AsyncLocalStorage.snapshot()
  #poll: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> | undefined
  #again = false
  #ranAt = 0
  #stopped = false
  #stopListening: (() => void) | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    this.#names = options.listening.map(({ name }) => name)
    this.#own = listeners(options.listening)
  }

  start(): void {
    const { channel, database, log, pollMs, events } = this.#options
    this.#stopListening = onBroadcast({ channel, database, log, hear: (event) => this.#hear(event) })
    events.onCommitted(() => this.wake())
    this.#poll = setInterval(() => this.wake(), pollMs).unref()
    this.wake()
  }

  wake(): void {
    if (this.#stopped || this.#timer) return
    if (this.#running) {
      this.#again = true
      return
    }
    const waitMs = Math.max(debounceMs, this.#ranAt + spacingMs - performance.now())
    this.#detached(() => {
      this.#timer = setTimeout(() => void this.#run(), waitMs).unref()
    })
  }

  /** Relays what is committed now, without waiting for a timer. */
  async flush(): Promise<void> {
    await this.#running
    if (!this.#stopped) await this.#detached(() => this.#run())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#poll)
    clearTimeout(this.#timer)
    this.#stopListening?.()
    await this.#running
  }

  #run(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#running ??= this.#relayAll().finally(() => {
      this.#running = undefined
      this.#ranAt = performance.now()
      if (this.#again) this.wake()
      this.#again = false
    })
    return this.#running
  }

  async #relayAll(): Promise<void> {
    try {
      let count = batchSize
      while (count === batchSize && !this.#stopped) count = await this.#relayBatch()
    } catch (error) {
      // The rows are still there; the next poll tries again.
      this.#options.log.warn({ err: error }, 'outbox not relayed')
    }
  }

  async #relayBatch(): Promise<number> {
    const { database, channel, enqueue } = this.#options
    // One statement is one transaction, and the shortest there is.
    const rows = await database.sql<RelayedEvent & { woken: string[] | null }>`
      with batch as (
        select id, event_id, name, version, at, actor, trace, payload, origin
        from outbox where not relayed and (name not like 'effect:%' or name = any(${this.#names}::text[]))
        order by id limit ${batchSize} for update skip locked
      ), marked as (
        update outbox o set relayed = true from batch b where o.id = b.id
      ), runs as (
        insert into effect_runs (outbox_id, effect)
        select b.id, l.effect from batch b
        join (
          select event, effect, unless from effect_listeners
          union select event, effect, unless from ${this.#own}
        ) as l on l.event = b.name and not coalesce(b.payload @> l.unless, false)
        on conflict (outbox_id, effect) do nothing returning effect
      )
      select event_id as id, name, version, at, actor, trace, payload, origin,
        (select array_agg(distinct effect) from runs) as woken
      from batch order by batch.id`
    if (rows.length === 0) return 0
    const events = rows.map(({ woken: _, ...event }): RelayedEvent => event)
    for (const event of events) this.#hear(event)
    broadcastEvents(channel, events)
    const woken = rows[0]?.woken ?? []
    if (woken.length > 0) enqueue(woken)
    return events.length
  }

  #hear({ origin, ...envelope }: RelayedEvent): void {
    if (origin !== this.#options.instanceId) this.#options.events.heard(envelope)
  }
}
