import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Channel } from './channel.ts'
import type { Database, Transaction } from './database.ts'
import { EffectLane } from './effect-lane.ts'
import { declareListeners, type Listening } from './effect-listeners.ts'
import { type EffectJob, type EffectQueue, type Schedule, WakeUps } from './effect-queue.ts'
import { effectsDue, effectsHeld, insertTick } from './effect-runs.ts'
import { type BoundEffect, effectDurations } from './effect-slice.ts'
import { EffectSweeper } from './effect-sweeper.ts'
import type { Effects } from './effects.ts'
import { createEffectsService } from './effects-service.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import type { Health } from './module.ts'
import type { LocalEvents, WriteOutbox } from './outbox.ts'
import { findRegistryId } from './registry-id.ts'
import { Relay } from './relay.ts'
import type { Tracing } from './tracing.ts'
import { within } from './within.ts'

/** Milliseconds. */
export interface EffectTiming {
  readonly pollMs: number
  readonly sweepEveryMs: number
  readonly lostAfterMs: number
  readonly keepMs: number
}
const defaultTiming: EffectTiming = { pollMs: 1_000, sweepEveryMs: 30_000, lostAfterMs: 60_000, keepMs: 7 * 86_400_000 }

export interface EffectsOptions {
  /** `api` relays events but runs no effect. */
  readonly role: 'all' | 'api' | 'worker'
  readonly databaseUrl: string
  /** Empty: the queue lives in Postgres. */
  readonly redisUrl: string
  readonly database: Database
  readonly transaction: Transaction
  readonly outbox: WriteOutbox
  readonly channel: Channel
  readonly events: LocalEvents
  readonly log: Logger
  readonly instanceId: string
  /** Absent: attempts leave no spans. */
  readonly tracing?: Tracing | undefined
  readonly metrics?: Metrics
  /** Longest wait for running effects at stop. */
  readonly drainTimeoutMs: number
  readonly timing?: Partial<EffectTiming>
}

export interface EffectsEngine {
  /** Usable from the start: what is requested before `start` waits in the outbox. */
  readonly service: Effects
  /** Starts the relay, the sweeper and (in a role that works) the effects. Returns before the queue is connected. */
  start(effects: readonly BoundEffect[]): void
  /** Takes no more work, waits for what runs, and lets go of the queue. Call it before the channel and the database close. */
  stop(): Promise<void>
  /** Down until the queue is open, and while it does not answer within 300 ms. */
  queueHealth(): Promise<Health>
}

export function createEffects(options: EffectsOptions): EffectsEngine {
  let running: RunningEffects | undefined
  const service = createEffectsService({
    database: options.database,
    transaction: options.transaction,
    outbox: options.outbox,
    origin: options.instanceId,
    known: () => running?.names ?? [],
    relay: () => running?.relay,
    wake: (effect) => running?.enqueue([effect]),
  })
  return {
    service,
    start(effects) {
      running = new RunningEffects(options, effects)
      running.start()
    },
    stop: async () => running?.stop(),
    queueHealth: async () => ((await running?.queueAnswers()) ? { status: 'up' } : { status: 'down', reason: 'effects may be delayed' }),
  }
}

const reopenMs = 1_000
const pingMs = 300
/** What a stop may take beyond the drain, to let go of the queue. */
const closeMs = 2_000
const shareTopic = 'effects.share'

class RunningEffects {
  readonly names: readonly string[]
  readonly relay: Relay
  readonly wakeUps: WakeUps
  readonly #options: EffectsOptions
  readonly #lanes: ReadonlyMap<string, EffectLane>
  readonly #schedules: readonly Schedule[]
  readonly #listening: readonly Listening[]
  readonly #sweeper: EffectSweeper
  readonly #queue = Promise.withResolvers<EffectQueue>()
  readonly #stopping = new AbortController()
  #opening: Promise<unknown> = Promise.resolve()
  #opened: EffectQueue | undefined
  #declaring = false
  #closed = false
  #stopHelping: (() => void) | undefined
  readonly #draining = new Set<Promise<void>>()

  constructor(options: EffectsOptions, effects: readonly BoundEffect[]) {
    const { database, transaction, channel, events, log, instanceId, tracing, metrics } = options
    const durations = metrics && effectDurations(metrics)
    const timing = { ...defaultTiming, ...options.timing }
    this.#options = options
    this.names = effects.map(({ effect }) => effect.name)
    this.#schedules = effects.flatMap(({ effect: { name, trigger } }) =>
      'cron' in trigger.source ? [{ effect: name, cron: trigger.source.cron }] : [],
    )
    this.#listening = listeningOf(effects)
    const listening = this.#listening
    this.wakeUps = new WakeUps(this.#queue.promise, log)
    const enqueue = (names: readonly string[]): void => this.enqueue(names)
    this.relay = new Relay({ database, channel, events, log, instanceId, pollMs: timing.pollMs, listening, enqueue })
    this.#sweeper = new EffectSweeper({
      ...{
        database,
        transaction,
        log,
        listening,
        enqueue,
        lostAfterMs: timing.lostAfterMs,
        keepMs: timing.keepMs,
        everyMs: timing.sweepEveryMs,
      },
      restore: () => this.#declareSchedules(),
    })
    const stopping = this.#stopping.signal
    const wake = (effect: string, delayMs: number): void => this.wakeUps.later(effect, delayMs)
    const share = (effect: string): void => channel.publish(shareTopic, effect)
    this.#lanes = new Map(
      effects.map((bound) => [bound.effect.name, new EffectLane({ bound, database, log, tracing, durations, stopping, wake, share })]),
    )
  }

  start(): void {
    this.#opening = Promise.all([this.#open(), this.#declareListeners(), this.#resume()])
    if (this.#works) this.#stopHelping = this.#options.channel.on(shareTopic, (effect) => void this.#drain(effect))
    this.relay.start()
    this.#sweeper.start()
  }

  async stop(): Promise<void> {
    const { drainTimeoutMs, log } = this.#options
    this.#stopping.abort(new Error('the process stops'))
    this.#stopHelping?.()
    this.wakeUps.close()
    if (!(await within(drainTimeoutMs + closeMs, this.#letGo()))) log.warn({}, 'effects were cut at the drain limit')
  }

  async queueAnswers(): Promise<boolean> {
    return this.#opened !== undefined && (await within(pingMs, this.#opened.ping()))
  }

  async #letGo(): Promise<void> {
    const until = performance.now() + this.#options.drainTimeoutMs
    const leftMs = (): number => Math.max(0, until - performance.now())
    await within(leftMs(), Promise.all([this.relay.stop(), this.#sweeper.stop(), this.#opening]))
    await Promise.all([this.#opened?.stopWork(leftMs()), within(leftMs(), Promise.all(this.#draining))])
    this.#closed = true
    await this.#opened?.close()
  }

  get #works(): boolean {
    return this.#options.role !== 'api'
  }

  /** What this process can do it begins at once: a job would be written, fetched and struck off only to come back here. */
  enqueue(names: readonly string[]): void {
    this.wakeUps.now(names.filter((name) => !this.#drain(name)))
  }

  /** What waited when the last process ended has no job; what it was at is free when its lease ends. */
  async #resume(): Promise<void> {
    const { database, log } = this.#options
    if (!this.#works) return
    try {
      this.enqueue(await effectsDue(database, 0))
      for (const { effect, freeMs } of await effectsHeld(database)) this.wakeUps.later(effect, freeMs)
    } catch (error) {
      log.warn({ err: error }, 'waiting effects not resumed')
    }
  }

  /** Tries until it succeeds: nothing waits for the queue but effects. */
  async #open(): Promise<void> {
    const { database, databaseUrl, redisUrl, log } = this.#options
    const work = this.#works ? { concurrency: this.#lanes.size + 4, process: (job: EffectJob) => this.#process(job) } : undefined
    while (!this.#stopping.signal.aborted) {
      try {
        const { openBullQueue } = await import('./effect-queue-bullmq.ts')
        const registryId = await findRegistryId(database)
        this.#opened = await openBullQueue({ databaseUrl, redisUrl, registryId, log, work })
        if (this.#closed) await this.#opened.close()
        this.#queue.resolve(this.#opened)
        break
      } catch (error) {
        log.warn({ err: error }, 'effect queue not open')
        await delay(reopenMs, undefined, { ref: false })
      }
    }
    this.#declareSchedules()
  }

  /** The sweeper does it again. */
  async #declareListeners(): Promise<void> {
    const { database, log } = this.#options
    await declareListeners(database, this.#listening).catch((error: unknown) => log.warn({ err: error }, 'effects not made known'))
  }

  /** Not waited for: a Redis that is away must not hold up the start or the stop. The sweeper tries again. */
  #declareSchedules(): void {
    if (!this.#works || !this.#opened || this.#declaring) return
    this.#declaring = true
    this.#opened
      .reconcile(this.#schedules)
      .catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#options.log.warn({ err: error }, 'cron effects not declared')
      })
      .finally(() => {
        this.#declaring = false
      })
  }

  /** Whether this process works at the effect from now on. When the database fails it, a job tries again, in whatever process. */
  #drain(effect: string): boolean {
    const lane = this.#works && !this.#stopping.signal.aborted ? this.#lanes.get(effect) : undefined
    if (!lane || lane.join()) return lane !== undefined
    const done = lane
      .drain()
      .catch((error: unknown) => {
        this.#options.log.warn({ err: error, effect }, 'effect not drained')
        this.wakeUps.now([effect])
      })
      .finally(() => this.#draining.delete(done))
    this.#draining.add(done)
    return true
  }

  async #process({ effect, tick, retry }: EffectJob): Promise<void> {
    const { database, instanceId, channel } = this.#options
    const lane = this.#lanes.get(effect)
    if (this.#stopping.signal.aborted) return
    if (!lane) {
      // Another version or configuration of the registry has it.
      channel.publish(shareTopic, effect)
      return
    }
    if (tick !== undefined) await insertTick(database, { effect, id: tickId(tick), origin: instanceId })
    await lane.drain(retry)
  }
}

/** The same tick has the same id in every process. */
function tickId(tick: string): string {
  const hex = createHash('sha256').update(tick).digest('hex')
  // RFC 9562 version 8: an id of one's own making.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const listeningOf = (effects: readonly BoundEffect[]): Listening[] =>
  effects.flatMap(({ effect: { name, trigger, unless = null } }) => {
    if ('cron' in trigger.source) return []
    if ('demand' in trigger.source) return [{ name: `effect:${name}`, effect: name, unless }]
    return trigger.source.events.map((event) => ({ name: event.name, effect: name, unless }))
  })
