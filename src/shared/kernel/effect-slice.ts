import type { Histogram } from 'prom-client'
import type { Database } from './database.ts'
import type { Effect, EffectContext } from './effect.ts'
import { type ClaimedRun, type FailedRun, finishRuns, releaseRuns, renewEveryMs, renewRuns } from './effect-runs.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { withRequestContext } from './request-context.ts'
import type { Tracing } from './tracing.ts'

/** An effect with its dependencies resolved: `run` is what `effect.bind` returned. */
export interface BoundEffect {
  readonly effect: Effect<never>
  readonly run: (payload: never, context: EffectContext) => Promise<void>
}

export interface SliceOptions {
  readonly bound: BoundEffect
  readonly database: Database
  readonly log: Logger
  readonly tracing: Tracing | undefined
  readonly durations: EffectDurations | undefined
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal
}

/** Seconds of a try, and how it ended. */
export type EffectDurations = Histogram<'effect' | 'outcome'>

export const effectDurations = (metrics: Metrics): EffectDurations =>
  metrics.histogram({
    name: 'registry_effect_duration_seconds',
    help: 'One try of an effect.',
    labelNames: ['effect', 'outcome'],
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
  })

/** Runs that are done by one call: the last payload of a dedupe key, and the runs it stands for. */
interface Group {
  readonly last: ClaimedRun
  readonly ids: readonly string[]
}

const flushEveryMs = 1_000
const longestBackoffMs = 6 * 3_600_000
const longestError = 2_000

/** Claimed runs of one effect, from claim to verdict. */
export class EffectSlice {
  readonly #options: SliceOptions
  readonly #open = new Set<string>()
  #done: string[] = []
  #failed: FailedRun[] = []
  #failures = 0

  constructor(options: SliceOptions) {
    this.#options = options
  }

  /** Returns the number of failures when every run has a verdict in the database, or is given back because the process stops. */
  async run(runs: readonly ClaimedRun[]): Promise<number> {
    const { bound, database, log, stopping } = this.#options
    for (const { id } of runs) this.#open.add(id)
    const groups = coalesce(runs, bound.effect)
    const guard = (work: Promise<void>): void => void work.catch((error: unknown) => log.warn({ err: error }, 'effect runs not updated'))
    const renew = setInterval(() => guard(renewRuns(database, [...this.#open])), renewEveryMs).unref()
    const flush = setInterval(() => guard(this.#flush()), flushEveryMs).unref()
    try {
      const workers = Array.from({ length: Math.min(bound.effect.concurrency, groups.length) }, async () => {
        for (let group = groups.shift(); group && !stopping.aborted; group = groups.shift()) await this.#runGroup(group)
      })
      await Promise.all(workers)
    } finally {
      clearInterval(renew)
      clearInterval(flush)
    }
    await this.#flush()
    if (this.#open.size > 0) await releaseRuns(database, [...this.#open])
    return this.#failures
  }

  async #runGroup({ last, ids }: Group): Promise<void> {
    const startedAt = performance.now()
    const error = await this.#attempt(last)
    const labels = { effect: this.#options.bound.effect.name, outcome: error === undefined ? 'done' : 'failed' }
    this.#options.durations?.observe(labels, (performance.now() - startedAt) / 1_000)
    if (error === undefined) {
      this.#done.push(...ids)
    } else if (!this.#options.stopping.aborted) {
      // The older payloads of the key are settled by the newest one, whatever becomes of it.
      this.#done.push(...ids.filter((id) => id !== last.id))
      this.#failed.push(this.#verdict(last, error))
      this.#failures++
    }
  }

  async #attempt({ attempts, envelope }: ClaimedRun): Promise<{ cause: unknown } | undefined> {
    const { bound, log, stopping, tracing } = this.#options
    const { name, timeoutMs } = bound.effect
    const attempt = attempts + 1
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(new Error(`timed out after ${timeoutMs} ms`)), timeoutMs)
    const stop = (): void => timeout.abort(stopping.reason)
    stopping.addEventListener('abort', stop, { once: true })
    const context: EffectContext = { signal: timeout.signal, attempt, log: log.child({ effect: name, event: envelope.id }) }
    try {
      // An effect that ignores its signal must not hold the others for ever; one that is stopped may end what it does.
      const expired = new Promise<never>((_, reject) => {
        timeout.signal.addEventListener('abort', () => stopping.aborted || reject(timeout.signal.reason), { once: true })
      })
      const work = (trace: string | null): Promise<void> => {
        const request = { requestId: envelope.id, trace, actor: envelope.actor, ip: null }
        return Promise.race([withRequestContext(request, async () => bound.run(envelope.payload as never, context)), expired])
      }
      if (tracing) await tracing.run({ name, kind: 'consumer', parent: envelope.trace }, ({ traceparent }) => work(traceparent))
      else await work(envelope.trace)
      return undefined
    } catch (cause) {
      return { cause }
    } finally {
      clearTimeout(timer)
      stopping.removeEventListener('abort', stop)
    }
  }

  #verdict({ id, attempts, envelope }: ClaimedRun, { cause }: { cause: unknown }): FailedRun {
    const { bound, log } = this.#options
    const { name, attempts: most, backoffMs } = bound.effect
    const attempt = attempts + 1
    const dead = attempt >= most
    const fields = { err: cause, effect: name, event: envelope.id, attempt }
    if (dead) log.error(fields, 'effect failed for the last time')
    else log.warn(fields, 'effect failed, will be tried again')
    return { id, error: describe(cause), dead, delayMs: backoff(backoffMs, attempt) }
  }

  async #flush(): Promise<void> {
    const done = this.#done
    const failed = this.#failed
    this.#done = []
    this.#failed = []
    if (done.length === 0 && failed.length === 0) return
    try {
      await finishRuns(this.#options.database, done, failed)
    } catch (error) {
      this.#done.push(...done)
      this.#failed.push(...failed)
      throw error
    }
    for (const id of done) this.#open.delete(id)
    for (const { id } of failed) this.#open.delete(id)
  }
}

/** Exponential, with a jitter of a quarter either way so that what failed together does not return together. */
export const backoff = (baseMs: number, attempt: number): number =>
  Math.min(baseMs * 2 ** (attempt - 1), longestBackoffMs) * (0.75 + Math.random() / 2)

// Postgres' text cannot hold NUL.
const describe = (cause: unknown): string =>
  (cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)).replaceAll('\0', '').slice(0, longestError)

function coalesce(runs: readonly ClaimedRun[], effect: Effect<never>): Group[] {
  const groups = new Map<string, ClaimedRun[]>()
  for (const run of runs) {
    const key = dedupeKey(run, effect)
    const members = groups.get(key) ?? []
    // Moves the key behind the ones before it: its last payload decides its turn.
    groups.delete(key)
    groups.set(key, [...members, run])
  }
  return [...groups.values()].flatMap((members) => {
    const last = members.at(-1)
    return last ? [{ last, ids: members.map(({ id }) => id) }] : []
  })
}

function dedupeKey({ id, envelope }: ClaimedRun, { dedupe, trigger }: Effect<never>): string {
  // Ticks that piled up while nobody worked are one.
  if (!dedupe) return 'cron' in trigger.source ? 'tick' : `run ${id}`
  try {
    return `key ${dedupe(envelope.payload as never)}`
  } catch {
    // The run itself will meet the same payload and fail with its reason.
    return `run ${id}`
  }
}
