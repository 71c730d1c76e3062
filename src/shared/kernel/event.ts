import type { Static, TObject, TSchema } from '@sinclair/typebox'

declare const phantom: unique symbol

/** A fact that already happened. One object is its name, its type and its wire schema. Payloads change by addition only. */
export interface DomainEvent<out P> {
  readonly name: string
  readonly version: number
  readonly schema: TSchema
  readonly [phantom]?: P
}

/** `name` is `<module>.<past tense>`; the payload carries ids and small facts, never entities. */
export const defineEvent = <S extends TObject>(name: string, schema: S, version = 1): DomainEvent<Static<S>> => ({ name, version, schema })

/** What travels with every payload through the outbox, to listeners, effects and other processes. */
export interface EventEnvelope<P = unknown> {
  readonly id: string
  readonly name: string
  readonly version: number
  /** ISO 8601, the clock of the database. */
  readonly at: string
  readonly actor: string | null
  readonly trace: string | null
  readonly payload: P
}
