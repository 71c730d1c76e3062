import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { service } from '../../shared/kernel/service.ts'
import { failWaitingOfDisabled } from './webhooks/delivery.queries.ts'

const pageSize = 1_000

export interface UpkeepDeps {
  readonly database: Database
  readonly feedDays: number
  readonly deliveryDays: number
}

/** Forgets what is old, and what belonged to accounts that are gone. */
export class UpkeepService {
  readonly #deps: UpkeepDeps
  constructor(deps: UpkeepDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { database, feedDays, deliveryDays } = this.#deps
    const older = (column: RawBuilder<unknown>, days: number) => sql`${column} < now() - ${days} * interval '1 day'`
    await failWaitingOfDisabled(database, signal)
    await this.#drop(sql`notification_notices where ${older(sql`created_at`, feedDays)} and mail_due_at is null`, signal)
    await this.#drop(sql`notification_deliveries where ${older(sql`finished_at`, deliveryDays)}`, signal)
    // Whatever is still told refers to it.
    await this.#drop(
      sql`notification_events e where ${older(sql`e.created_at`, Math.min(feedDays, deliveryDays))}
        and not exists (select from notification_notices n where n.event_id = e.id)
        and not exists (select from notification_deliveries d where d.event_id = e.id)`,
      signal,
    )
    const gone = await database.sql<{ id: string }>`
      select id from accounts where state = 'deleted' and (exists (select from notification_subscriptions s where s.user_id = accounts.id)
        or exists (select from notification_notices n where n.user_id = accounts.id)
        or exists (select from notification_preferences p where p.user_id = accounts.id)
        or exists (select from notification_mailboxes m where m.user_id = accounts.id)
        or exists (select from notification_webhooks w where w.account_id = accounts.id)) limit ${pageSize}`
    for (const { id } of gone) await this.forget(id, signal)
  }

  /** Everything of an account, when it is deleted; nothing otherwise. */
  async forget(accountId: string, signal: AbortSignal): Promise<void> {
    const { database } = this.#deps
    const [deleted] = await database.sql<{ id: string }>`select id from accounts where id = ${accountId}::uuid and state = 'deleted'`
    if (!deleted) return
    await this.#drop(sql`notification_subscriptions where user_id = ${accountId}::uuid`, signal)
    await this.#drop(sql`notification_notices where user_id = ${accountId}::uuid`, signal)
    await this.#drop(
      sql`notification_deliveries d where d.webhook_id in (
      select id from notification_webhooks where account_id = ${accountId}::uuid)`,
      signal,
    )
    await database.sql`delete from notification_webhooks where account_id = ${accountId}::uuid`
    await database.sql`delete from notification_preferences where user_id = ${accountId}::uuid`
    await database.sql`delete from notification_mailboxes where user_id = ${accountId}::uuid`
  }

  /** `rows`: a table and what is meant of it. In pages, so that nothing is locked for long. */
  async #drop(rows: RawBuilder<unknown>, signal: AbortSignal): Promise<void> {
    const { database } = this.#deps
    for (let count = pageSize; count === pageSize; ) {
      signal.throwIfAborted()
      const found = await database.sql<{ place: string }>`select ctid::text as place from ${rows} limit ${pageSize}`
      count = found.length
      if (count > 0)
        await this.#dropAt(
          rows,
          found.map(({ place }) => place),
        )
    }
  }

  async #dropAt(rows: RawBuilder<unknown>, places: readonly string[]): Promise<void> {
    await this.#deps.database.sql`delete from ${rows} and ctid = any(${places}::tid[])`
  }
}

export const Upkeep = service<UpkeepService>('notifications.upkeep')
