import { Type } from '@sinclair/typebox'
import type { Effect } from './effect.ts'
import { defineEvent } from './event.ts'
import { service } from './service.ts'

export interface DeadLetter {
  readonly id: string
  readonly effect: string
  readonly event: string
  readonly payload: unknown
  readonly attempts: number
  readonly error: string
  readonly failedAt: string
}

export interface EffectStatus {
  readonly name: string
  readonly waiting: number
  readonly dead: number
}

/** Background work, seen from services and operators. */
export interface Effects {
  /** Asks for one run of an `onDemand` effect, with the surrounding transaction: it runs only if that commits. */
  request<P>(effect: Effect<P>, payload: NoInfer<P>): Promise<void>
  status(): Promise<EffectStatus[]>
  deadLetters(limit: number): Promise<DeadLetter[]>
  /** Runs a dead letter again from its first attempt; false when there is none of that id. */
  retry(id: string): Promise<boolean>
  /** Resolves when everything emitted so far has run or is a dead letter. Rejects after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>
}
export const Effects = service<Effects>('kernel.effects')

/** An administrator put a dead letter back into the queue. */
export const DeadLetterRetried = defineEvent('kernel.dead_letter_retried', Type.Object({ id: Type.String() }))
