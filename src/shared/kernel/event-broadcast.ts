import type { Channel } from './channel.ts'
import type { Database } from './database.ts'
import type { EventEnvelope } from './event.ts'
import type { Logger } from './logger.ts'

const topic = 'events'
// A channel carries 7,500 bytes; the rest is for the brackets around a chunk.
const maxChunkBytes = 7_200

export interface RelayedEvent extends EventEnvelope {
  readonly origin: string
}

/** Tells the listeners of other processes. An event too large for a message travels as its id and is read from the outbox. */
export function broadcastEvents(channel: Channel, events: readonly RelayedEvent[]): void {
  let chunk: string[] = []
  let bytes = 0
  const send = (): void => {
    if (chunk.length > 0) channel.publish(topic, `[${chunk.join(',')}]`)
    chunk = []
    bytes = 0
  }
  for (const event of events) {
    const whole = JSON.stringify(event)
    const text = Buffer.byteLength(whole) > maxChunkBytes ? JSON.stringify(event.id) : whole
    const size = Buffer.byteLength(text) + 1
    if (bytes + size > maxChunkBytes) send()
    chunk.push(text)
    bytes += size
  }
  send()
}

export interface BroadcastListener {
  readonly channel: Channel
  readonly database: Database
  readonly log: Logger
  readonly hear: (event: RelayedEvent) => void
}

/** Returns how to stop listening. */
export function onBroadcast({ channel, database, log, hear }: BroadcastListener): () => void {
  return channel.on(topic, (message) => {
    const found = JSON.parse(message) as (RelayedEvent | string)[]
    const ids: string[] = []
    for (const event of found) {
      if (typeof event === 'string') ids.push(event)
      else hear(event)
    }
    if (ids.length > 0)
      readEvents(database, ids).then(
        (events) => events.forEach(hear),
        (error: unknown) => log.error({ err: error }, 'large events not heard'),
      )
  })
}

const readEvents = (database: Database, ids: readonly string[]): Promise<RelayedEvent[]> => database.sql<RelayedEvent>`
  select event_id as id, name, version, at, actor, trace, payload, origin from outbox where event_id = any(${ids}::uuid[]) order by id`
