import { Type } from '@sinclair/typebox'
import { sql } from 'kysely'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import { defineEffect, onDemand } from '../../../shared/kernel/effect.ts'
import type { Effects } from '../../../shared/kernel/effects.ts'
import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../../shared/types/page.ts'
import { uuidv7 } from '../../../shared/types/uuidv7.ts'
import { DeliveryNotFound, WebhookIsDisabled } from '../errors.ts'
import { writeEvent } from '../event.queries.ts'
import { type PagingQuery, startOf } from '../page.ts'
import { Dispatcher } from './dispatcher.ts'
import type { AttemptView, DeliveryView } from './webhook-view.ts'
import type { WebhookPlace, WebhooksService } from './webhooks.service.ts'

/** Of `notification_deliveries d join notification_events e`. */
const columns = sql`d.id, d.event_id as "eventId", e.kind as event, d.state, d.attempts,
  case when d.state = 'waiting' then d.next_attempt_at end as "nextAttemptAt", d.redelivers, d.created_at as "createdAt", d.finished_at as "finishedAt"`

export interface DeliveryLogDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly effects: Effects
  readonly webhooks: Pick<WebhooksService, 'find' | 'enter'>
}

/** What was sent to a webhook, and what became of it. */
export class DeliveryLogService {
  readonly #deps: DeliveryLogDeps
  constructor(deps: DeliveryLogDeps) {
    this.#deps = deps
  }

  /** Newest first. */
  async list(
    caller: Principal,
    place: WebhookPlace,
    query: PagingQuery & { readonly state?: DeliveryView['state'] },
  ): Promise<Page<DeliveryView>> {
    const { id } = await this.#deps.webhooks.find(caller, place.namespace, place.id)
    const before = startOf(query.cursor)
    const rows = await this.#deps.database.sql<DeliveryView>`
      select ${columns} from notification_deliveries d join notification_events e on e.id = d.event_id
      where d.webhook_id = ${id}::uuid and (${before}::uuid is null or d.id < ${before}::uuid)
        and (${query.state ?? null}::text is null or d.state = ${query.state ?? null})
      order by d.id desc limit ${query.limit + 1}`
    return pageOf(rows, query.limit, ({ id }) => [id])
  }

  async find(caller: Principal, place: WebhookPlace, deliveryId: string): Promise<DeliveryView & { log: AttemptView[] }> {
    const { database, webhooks } = this.#deps
    const { id } = await webhooks.find(caller, place.namespace, place.id)
    const [found] = await database.sql<DeliveryView>`
      select ${columns} from notification_deliveries d join notification_events e on e.id = d.event_id
      where d.id = ${deliveryId}::uuid and d.webhook_id = ${id}::uuid`
    if (!found) throw new DeliveryNotFound()
    const log = await database.sql<AttemptView>`
      select attempt, at, duration_ms as "durationMs", request, status, error, response from notification_attempts
      where delivery_id = ${deliveryId}::uuid order by attempt`
    return { ...found, log }
  }

  /** The same event, with its id, as a delivery of its own. Throws DeliveryNotFound, WebhookIsDisabled. */
  async redeliver(caller: Principal, place: WebhookPlace, deliveryId: string): Promise<DeliveryView> {
    const found = await this.find(caller, place, deliveryId)
    return this.#deliver(caller, place, { eventId: found.eventId, redelivers: deliveryId })
  }

  /** A message that says nothing but that messages come. */
  async ping(caller: Principal, place: WebhookPlace): Promise<DeliveryView> {
    const { database, transaction, webhooks } = this.#deps
    const { namespace } = await webhooks.enter(caller, place)
    return transaction.run(async () => {
      const eventId = uuidv7()
      const about = { namespaceId: namespace.id, namespace: namespace.name, artifactId: null, name: null, format: null }
      const rest = { manifestDigest: null, advisoryId: null, data: { webhookId: place.id } }
      const at = new Date().toISOString()
      await writeEvent(database, { id: eventId, kind: 'notifications.ping', at, ...about, ...rest }, { stage: 'done' })
      return this.#deliver(caller, place, { eventId, redelivers: null })
    })
  }

  async #deliver(
    caller: Principal,
    place: WebhookPlace,
    { eventId, redelivers }: { readonly eventId: string; readonly redelivers: string | null },
  ): Promise<DeliveryView> {
    const { database, transaction, effects, webhooks } = this.#deps
    const { id, enabled } = await webhooks.find(caller, place.namespace, place.id)
    if (!enabled) throw new WebhookIsDisabled()
    return transaction.run(async () => {
      const deliveryId = uuidv7()
      await database.sql`
        insert into notification_deliveries (id, webhook_id, event_id, redelivers)
        values (${deliveryId}::uuid, ${id}::uuid, ${eventId}::uuid, ${redelivers}::uuid)`
      await effects.request(deliverNow, {})
      const { log: _log, ...made } = await this.find(caller, place, deliveryId)
      return made
    })
  }
}

export const DeliveryLog = service<DeliveryLogService>('notifications.delivery-log')

/** Wakes a process that sends; the one that was asked may only answer requests. */
export const deliverNow = defineEffect({
  name: 'notifications.deliver-now',
  trigger: onDemand(Type.Object({})),
  deps: { dispatcher: Dispatcher },
  dedupe: () => 'all',
  run: async (_payload, { dispatcher }) => dispatcher.kick(),
})
