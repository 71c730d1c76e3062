import type { TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import * as mittModule from 'mitt'
import { uuidv7 } from '../types/uuidv7.ts'
import type { Database, Transaction } from './database.ts'
import type { DomainEvent, EventEnvelope } from './event.ts'
import type { Events } from './events.ts'
import type { Logger } from './logger.ts'
import { requestContext } from './request-context.ts'

// mitt's declarations are CommonJS-shaped, its runtime is not.
const mitt = mittModule.default as unknown as <E extends Record<mittModule.EventType, unknown>>() => mittModule.Emitter<E>

export class InvalidPayload extends Error {
  constructor(name: string, path: string, message: string) {
    super(`payload of ${name} does not fit its schema: ${path || '/'} ${message}`)
    this.name = 'InvalidPayload'
  }
}

const checks = new WeakMap<TSchema, TypeCheck<TSchema>>()

/** Throws `InvalidPayload`: a mistake in the program, never of the caller. */
export function checkPayload(name: string, schema: TSchema, payload: unknown): void {
  const check = checks.get(schema) ?? TypeCompiler.Compile(schema)
  checks.set(schema, check)
  if (check.Check(payload)) return
  const problem = check.Errors(payload).First()
  throw new InvalidPayload(name, problem?.path ?? '', problem?.message ?? 'is not valid')
}

export interface OutboxEntry {
  readonly name: string
  readonly version: number
  readonly payload: unknown
  /** The process that writes it: its listeners have heard the event already when the relay comes by. */
  readonly origin: string
}

/** Written with the surrounding transaction, all rows at once at its end; `at` is filled in then. For the actor and trace of the current request. */
export type WriteOutbox = (entry: OutboxEntry) => Promise<EventEnvelope>

interface Unwritten {
  readonly envelope: { -readonly [K in keyof EventEnvelope]: EventEnvelope[K] }
  readonly origin: string
}

export function createOutbox(database: Database, transaction: Transaction): WriteOutbox {
  const write = async (entries: readonly Unwritten[]): Promise<void> => {
    const rows = entries.map(({ envelope, origin }) => ({ ...envelope, origin }))
    const written = await database.sql<{ at: string }>`
      insert into outbox (event_id, name, version, payload, actor, trace, origin)
      select id, name, version, payload, actor, trace, origin
      from rows from (jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
          as (id uuid, name text, version integer, payload jsonb, actor text, trace text, origin text))
        with ordinality as entry (id, name, version, payload, actor, trace, origin, place)
      order by place
      returning at`
    for (const [index, { envelope }] of entries.entries()) envelope.at = written[index]?.at ?? ''
  }
  return async ({ name, version, payload, origin }) => {
    const context = requestContext()
    const [actor, trace] = [context?.actor ?? null, context?.trace ?? null]
    const envelope = { id: uuidv7(), name, version, at: '', actor, trace, payload }
    await transaction.collect(write, { envelope, origin })
    return envelope
  }
}

export interface OutboxOptions {
  readonly outbox: WriteOutbox
  readonly transaction: Transaction
  readonly log: Logger
  readonly instanceId: string
}

/** The events of one process, and the ends the relay holds. */
export interface LocalEvents extends Events {
  /** Hands an event to the listeners of this process. */
  heard(envelope: EventEnvelope): void
  /** Called after every commit that left something in the outbox. */
  onCommitted(listener: () => void): void
}

export function createEvents({ outbox, transaction, log, instanceId }: OutboxOptions): LocalEvents {
  const bus = mitt<Record<string, EventEnvelope>>()
  const committed = new Set<() => void>()
  const heard = (envelope: EventEnvelope): void => bus.emit(envelope.name, envelope)
  return {
    heard,
    onCommitted: (listener) => void committed.add(listener),
    async emit({ name, version, schema }, payload) {
      checkPayload(name, schema, payload)
      const envelope = await outbox({ name, version, payload, origin: instanceId })
      transaction.afterCommit(() => {
        heard(envelope)
        for (const listener of committed) listener()
      })
    },
    on<P>({ name }: DomainEvent<P>, listener: (payload: P, envelope: EventEnvelope<P>) => void) {
      // mitt is synchronous: unguarded, one listener would starve the others and fail the publisher.
      const guarded = (envelope: EventEnvelope): void => {
        try {
          listener(envelope.payload as P, envelope as EventEnvelope<P>)
        } catch (error) {
          log.error({ err: error, event: name }, 'event listener failed')
        }
      }
      bus.on(name, guarded)
      return () => bus.off(name, guarded)
    },
  }
}
