import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { eventColumns } from '../event.queries.ts'
import type { NotedEvent } from '../noted-event.ts'
import type { MessageFormat } from './message.ts'

/** Longer than any try takes: behind it, whoever had it is dead. */
const leaseSeconds = 60

/** A delivery that this process tries now. */
export interface Claimed {
  readonly id: string
  readonly claim: string
  readonly webhookId: string
  readonly namespaceId: string
  readonly accountId: string | null
  /** Of the account, which nobody may have disabled. */
  readonly isActive: boolean
  readonly url: string
  readonly format: MessageFormat
  readonly secrets: readonly string[]
  /** Before this one. */
  readonly attempts: number
  readonly sinceMadeMs: number
  readonly event: NotedEvent
}

export interface ClaimQuery {
  readonly claim: string
  readonly limit: number
  readonly perWebhook: number
  /** Webhooks with enough under way. */
  readonly busy: readonly string[]
}

/** Due ones that nobody tries; never more than `perWebhook` of one webhook, so that a slow one holds up no other. */
export async function claimDue(database: Database, { claim, limit, perWebhook, busy }: ClaimQuery): Promise<Claimed[]> {
  // From webhook to webhook along the index: rows of those that are busy, or have much waiting, are not walked.
  const free = sql`d.state = 'waiting' and d.next_attempt_at <= now() and (d.claimed_until is null or d.claimed_until < now())`
  const rows = await database.sql<{ id: string }>`
    with recursive waiting as (
      (select webhook_id from notification_deliveries where state = 'waiting' order by webhook_id limit 1)
      union all
      select (select d.webhook_id from notification_deliveries d where d.state = 'waiting' and d.webhook_id > w.webhook_id
        order by d.webhook_id limit 1) from waiting w where w.webhook_id is not null
    ), earliest as (
      select w.id as webhook_id, d.next_attempt_at from waiting join notification_webhooks w on w.id = waiting.webhook_id cross join lateral (
        select d.next_attempt_at from notification_deliveries d where d.webhook_id = w.id and ${free} order by d.next_attempt_at limit 1) d
      where w.state = 'enabled' and w.id <> all(${busy}::uuid[]) order by d.next_attempt_at limit ${limit}
    ), due as (
      select d.id from (select webhook_id from earliest order by next_attempt_at) e cross join lateral (
        select d.id from notification_deliveries d where d.webhook_id = e.webhook_id and ${free}
        order by d.next_attempt_at limit ${perWebhook} for update skip locked) d
      limit ${limit}
    )
    update notification_deliveries d set claim = ${claim}::uuid, claimed_until = now() + ${leaseSeconds} * interval '1 second'
    from due where d.id = due.id returning d.id`
  if (rows.length === 0) return []
  return loadClaimed(
    database,
    claim,
    rows.map(({ id }) => id),
  )
}

async function loadClaimed(database: Database, claim: string, ids: readonly string[]): Promise<Claimed[]> {
  const rows = await database.sql<NotedEvent & Omit<Claimed, 'id' | 'event'> & { deliveryId: string }>`
    select d.id as "deliveryId", d.claim, d.attempts, (extract(epoch from now() - d.created_at) * 1000)::float8 as "sinceMadeMs",
      w.id as "webhookId", w.account_id as "accountId", coalesce(a.state, 'active') = 'active' as "isActive", w.url, w.format as "messageFormat", w.namespace_id as "ownNamespaceId",
      array(select secret from notification_webhook_secrets s where s.webhook_id = w.id and (s.expires_at is null or s.expires_at > now())
        order by s.id desc limit 2) as secrets, ${eventColumns}
    from notification_deliveries d join notification_webhooks w on w.id = d.webhook_id join notification_events e on e.id = d.event_id
      left join accounts a on a.id = w.account_id
    where d.id = any(${ids}::uuid[]) and d.claim = ${claim}::uuid order by d.next_attempt_at, d.id`
  return rows.map((row) => {
    const { deliveryId, claim, attempts, sinceMadeMs, webhookId, accountId, isActive, url, secrets, ...rest } = row
    const { messageFormat, ownNamespaceId, ...event } = rest as NotedEvent & { messageFormat: MessageFormat; ownNamespaceId: string }
    return {
      ...{ id: deliveryId, claim, attempts, sinceMadeMs, webhookId, accountId, isActive, url, secrets },
      ...{ format: messageFormat, namespaceId: ownNamespaceId, event },
    }
  })
}

/** What a try looked like from here. */
export interface Try {
  readonly durationMs: number
  readonly request: { readonly url: string; readonly bytes: number; readonly contentType: string; readonly signedAt: number }
  readonly status: number | null
  readonly error: string | null
  readonly response: { readonly contentType: string | null; readonly body: string } | null
}

export type Verdict = { readonly state: 'delivered' | 'failed' | 'withheld' } | { readonly state: 'waiting'; readonly inMs: number }

/** Writes a try down; false when the claim was lost meanwhile, and somebody else's try counts. */
export async function finishTry(
  database: Database,
  claimed: Claimed,
  { tried, verdict }: { tried: Try | undefined; verdict: Verdict },
): Promise<boolean> {
  const { id, claim, attempts } = claimed
  const inMs = verdict.state === 'waiting' ? verdict.inMs : 0
  const attempt = attempts + (tried ? 1 : 0)
  const rows = await database.sql`
    update notification_deliveries set state = ${verdict.state}, attempts = ${attempt}, claim = null, claimed_until = null,
      next_attempt_at = now() + ${inMs}::float8 * interval '1 millisecond',
      finished_at = case when ${verdict.state} = 'waiting' then null else now() end
    where id = ${id}::uuid and claim = ${claim}::uuid and state = 'waiting' returning id`
  if (rows.length === 0) return false
  if (tried)
    await database.sql`
      insert into notification_attempts (delivery_id, attempt, duration_ms, request, status, error, response)
      values (${id}::uuid, ${attempt}, ${Math.round(tried.durationMs)}, ${JSON.stringify(tried.request)}::jsonb, ${tried.status}, ${tried.error},
        ${tried.response && JSON.stringify(tried.response)}::jsonb)`
  return true
}

/** Gives a claim back without counting a try. */
export async function releaseClaim(database: Database, { id, claim }: Claimed): Promise<void> {
  await database.sql`update notification_deliveries set claim = null, claimed_until = null where id = ${id}::uuid and claim = ${claim}::uuid`
}

/** The webhook answers as it should, or since when it does not. */
export async function markSuccess(database: Database, webhookId: string): Promise<void> {
  await database.sql`update notification_webhooks set failing_since = null where id = ${webhookId}::uuid and failing_since is not null`
}

/** Whether it has failed for more than so many days, and still does: a whole series of tries came to nothing within the last day. */
export async function markFailure(database: Database, webhookId: string, days: number): Promise<boolean> {
  await database.sql`update notification_webhooks set failing_since = now() where id = ${webhookId}::uuid and failing_since is null`
  const rows = await database.sql`
    select id from notification_webhooks
    where id = ${webhookId}::uuid and state = 'enabled' and failing_since < now() - ${days} * interval '1 day'
      and exists (select from notification_deliveries d
        where d.webhook_id = ${webhookId}::uuid and d.state = 'failed' and d.finished_at > now() - interval '24 hours')`
  return rows.length > 0
}

/** Whether it was enabled until now. */
export async function disable(database: Database, webhookId: string, reason: string): Promise<boolean> {
  const rows = await database.sql`
    update notification_webhooks set state = 'disabled', disabled_reason = ${reason} where id = ${webhookId}::uuid and state = 'enabled' returning id`
  return rows.length > 0
}

const pageSize = 1_000

/** What still waits for webhooks that are disabled, page by page. */
export async function failWaitingOfDisabled(database: Database, signal?: AbortSignal): Promise<void> {
  for (let count = pageSize; count === pageSize && !signal?.aborted; ) {
    const rows = await database.sql`
      update notification_deliveries set state = 'failed', claim = null, claimed_until = null, finished_at = now() where id in (
        select d.id from notification_deliveries d join notification_webhooks w on w.id = d.webhook_id
        where d.state = 'waiting' and w.state = 'disabled' limit ${pageSize} for update of d skip locked) returning id`
    count = rows.length
  }
}
