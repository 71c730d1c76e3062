import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { uuidv7 } from '../../../shared/types/uuidv7.ts'
import type { FoundTarget } from '../targets.ts'
import { newSecret } from './signature.ts'
import type { WebhookView } from './webhook-view.ts'

/** Of `notification_webhooks w`. */
const columns = sql`w.id, w.url, w.format, w.events, w.description, w.state = 'enabled' as enabled, w.disabled_reason as "disabledReason",
  w.failing_since as "failingSince", w.created_at as "createdAt",
  coalesce((select jsonb_agg(s.target order by s.id) from notification_subscriptions s where s.webhook_id = w.id), '[]') as follows`

export const listWebhooks = (database: Database, namespaceId: string): Promise<WebhookView[]> => database.sql<WebhookView>`
  select ${columns} from notification_webhooks w where w.namespace_id = ${namespaceId}::uuid order by w.id`

export async function findWebhook(database: Database, namespaceId: string, id: string): Promise<WebhookView | undefined> {
  const [row] = await database.sql<WebhookView>`
    select ${columns} from notification_webhooks w where w.id = ${id}::uuid and w.namespace_id = ${namespaceId}::uuid`
  return row
}

export async function countWebhooks(database: Database, namespaceId: string): Promise<number> {
  const [row] = await database.sql<{ count: number }>`
    select count(*) as count from notification_webhooks where namespace_id = ${namespaceId}::uuid`
  return row?.count ?? 0
}

/** What is followed on stays as it is: what was published since then, and not told yet, is told. */
export async function replaceFollows(database: Database, webhookId: string, targets: readonly FoundTarget[]): Promise<void> {
  await database.sql`delete from notification_subscriptions where webhook_id = ${webhookId}::uuid
    and (target_kind, target_key) not in (select * from unnest(${targets.map(({ kind }) => kind)}::text[], ${targets.map(({ key }) => key)}::text[]))`
  await database.sql`
    insert into notification_subscriptions (id, webhook_id, target_kind, target_key, target)
    select t.id, ${webhookId}::uuid, t.kind, t.key, t.target from unnest(${targets.map(() => uuidv7())}::uuid[],
      ${targets.map(({ kind }) => kind)}::text[], ${targets.map(({ key }) => key)}::text[],
      ${targets.map(({ target }) => JSON.stringify(target))}::jsonb[]) as t (id, kind, key, target)
    on conflict (webhook_id, target_kind, target_key) do nothing`
}

/** A new secret; the newest one before it stays valid for so many hours, older ones end. */
export async function addSecret(
  database: Database,
  webhookId: string,
  formerHours: number,
): Promise<{ secret: string; formerValidUntil: string }> {
  const secret = newSecret()
  const former = sql`select id from notification_webhook_secrets where webhook_id = ${webhookId}::uuid order by id desc limit 1`
  await database.sql`delete from notification_webhook_secrets where webhook_id = ${webhookId}::uuid and id <> all(array(${former}))`
  const [kept] = await database.sql<{ until: string }>`
    update notification_webhook_secrets set expires_at = now() + ${formerHours} * interval '1 hour'
    where webhook_id = ${webhookId}::uuid returning expires_at as until`
  const [made] = await database.sql<{ at: string }>`
    insert into notification_webhook_secrets (id, webhook_id, secret) values (${uuidv7()}::uuid, ${webhookId}::uuid, ${secret})
    returning created_at as at`
  return { secret, formerValidUntil: kept?.until ?? made?.at ?? '' }
}

const pageSize = 1_000

/** All of its log, page by page, so that nothing is locked for long. It gets nothing any more. */
export async function dropDeliveries(database: Database, webhookId: string): Promise<void> {
  await database.sql`update notification_webhooks set state = 'disabled', disabled_reason = 'it is being deleted' where id = ${webhookId}::uuid`
  for (let count = pageSize; count === pageSize; ) {
    const rows = await database.sql`
      delete from notification_deliveries where id in (
        select id from notification_deliveries where webhook_id = ${webhookId}::uuid limit ${pageSize}) returning id`
    count = rows.length
  }
}
