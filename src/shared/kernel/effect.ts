import type { Static, TObject, TSchema } from '@sinclair/typebox'
import type { DomainEvent } from './event.ts'
import type { Logger } from './logger.ts'
import { type Resolve, type Resolved, resolveAll, type Services } from './service.ts'

declare const phantom: unique symbol

export interface Trigger<out P> {
  readonly source: { events: readonly DomainEvent<P>[] } | { cron: string } | { demand: TSchema }
  readonly [phantom]?: P
}
type PayloadOf<E> = E extends DomainEvent<infer P> ? P : never
/** Several events are one stream of work: its runs share `concurrency`, and `dedupe` coalesces over all of them. */
export const onEvent = <const E extends readonly [DomainEvent<unknown>, ...DomainEvent<unknown>[]]>(
  ...events: E
): Trigger<PayloadOf<E[number]>> => ({ source: { events: events as readonly DomainEvent<PayloadOf<E[number]>>[] } })
/** `cron`: five fields, or six with seconds first; UTC. */
export const onSchedule = (cron: string): Trigger<undefined> => ({ source: { cron } })
export const onDemand = <S extends TObject>(schema: S): Trigger<Static<S>> => ({ source: { demand: schema } })

export interface EffectContext {
  /** Aborts at the effect's timeout and when the process stops. */
  readonly signal: AbortSignal
  /** 1 for the first try. */
  readonly attempt: number
  readonly log: Logger
}

/** Contravariant, so a module can list effects of different payloads as `Effect<never>[]`. */
export interface Effect<in P> {
  readonly name: string
  readonly trigger: Trigger<unknown>
  readonly deps: Services
  readonly attempts: number
  readonly backoffMs: number
  readonly concurrency: number
  readonly spacingMs: number
  readonly timeoutMs: number
  readonly unless?: object
  readonly dedupe?: (payload: P) => string
  readonly bind: (resolve: Resolve) => (payload: P, context: EffectContext) => Promise<void>
}

/** Members that are compared as they are. */
type Without<P> = { readonly [K in keyof P]?: Extract<P[K], string | number | boolean | null> }

/**
 * Background work: retried with exponential backoff from `backoffMs` up to `attempts` times, then listed as a dead letter.
 * It must be idempotent and read current state by id. `dedupe` coalesces payloads of one batch: the last one of a key runs.
 * An event whose payload has all members of `unless` gets no run. The relay of any process decides, also of another release: what a release no longer
 * leaves out needs an effect of another name.
 * `spacingMs` lie between a batch and the next at least, in each process, unless more waited than fits into one: what comes alone runs at once, and many together.
 */
export function defineEffect<P, const D extends Services>(spec: {
  name: string
  trigger: Trigger<P>
  deps: D
  attempts?: number
  backoffMs?: number
  concurrency?: number
  spacingMs?: number
  timeoutMs?: number
  unless?: Without<NoInfer<P>>
  dedupe?: (payload: NoInfer<P>) => string
  run: (payload: NoInfer<P>, deps: Resolved<D>, context: EffectContext) => Promise<void>
}): Effect<P> {
  if (spec.unless && (!('events' in spec.trigger.source) || JSON.stringify(spec.unless) === '{}'))
    throw new Error(`effect ${spec.name}: \`unless\` names members of events`)
  const { run, attempts = 5, backoffMs = 1_000, concurrency = 1, spacingMs = 0, timeoutMs = 60_000, ...rest } = spec
  return {
    ...rest,
    attempts,
    backoffMs,
    concurrency,
    spacingMs,
    timeoutMs,
    bind: (resolve) => {
      const deps = resolveAll(spec.deps, resolve)
      return (payload, context) => run(payload, deps, context)
    },
  }
}
