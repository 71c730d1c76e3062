import type { Database } from '../../../shared/kernel/database.ts'
import { eventColumns } from '../event.queries.ts'
import type { NotedEvent } from '../noted-event.ts'

/** Longer than a mail takes. */
const leaseSeconds = 300
/** So many notices are told in one mail. */
export const mostInMail = 100

export interface Mailbox {
  readonly userId: string
  readonly claim: string
  /** Within the last hour. */
  readonly sent: number
  /** In a row, of the mail that is due. */
  readonly failures: number
  readonly bounces: number
  readonly bouncedAddress: string | null
  readonly blockedReason: string | null
  /** What is due up to here goes into this mail. */
  readonly asOf: string
}

/** One that has mail due, and that nobody sends for, apart from some. */
export async function claimMailbox(
  database: Database,
  { claim, except }: { readonly claim: string; readonly except: readonly string[] },
): Promise<Mailbox | undefined> {
  const [row] = await database.sql<Mailbox>`
    with due as (
      select m.user_id from notification_notices n join notification_mailboxes m on m.user_id = n.user_id
      where n.mail_due_at <= now() and (m.claimed_until is null or m.claimed_until < now()) and m.user_id <> all(${except}::uuid[])
      order by n.mail_due_at limit 1 for update of m skip locked)
    update notification_mailboxes m set claim = ${claim}::uuid, claimed_until = now() + ${leaseSeconds} * interval '1 second',
      hour_began_at = case when hour_began_at > now() - interval '1 hour' then hour_began_at else now() end,
      sent_in_hour = case when hour_began_at > now() - interval '1 hour' then sent_in_hour else 0 end
    from due where m.user_id = due.user_id
    returning m.user_id as "userId", m.claim, m.sent_in_hour as sent, m.failures, m.bounces, m.bounced_address as "bouncedAddress",
      m.blocked_reason as "blockedReason", now() as "asOf"`
  return row
}

export type DueNotice = NotedEvent & { readonly noticeId: string }

/** Oldest first. */
export const dueNotices = (database: Database, { userId, asOf }: Mailbox): Promise<DueNotice[]> => database.sql<DueNotice>`
  select n.id as "noticeId", ${eventColumns} from notification_notices n join notification_events e on e.id = n.event_id
  where n.user_id = ${userId}::uuid and n.mail_due_at <= ${asOf}::timestamptz order by n.id limit ${mostInMail}`

/** What becomes of the notices that were due, and of the mailbox. Undefined fields of the mailbox stay. */
export interface Settlement {
  readonly notices: 'sent' | 'dropped' | { readonly later: 'next-hour' } | { readonly later: number }
  /** Later ones are due as before. */
  readonly upTo?: string | undefined
  readonly bounce?: string
  readonly block?: string
}

/** Nothing when the claim was lost. In a transaction of the caller. */
export async function settleMailbox(
  database: Database,
  { userId, claim, asOf }: Mailbox,
  { notices, upTo, bounce, block }: Settlement,
): Promise<void> {
  const [sent, later] = [notices === 'sent', typeof notices === 'object' ? notices.later : undefined]
  const [held] = await database.sql<{ nextHour: string }>`
    update notification_mailboxes set claim = null, claimed_until = null, sent_in_hour = sent_in_hour + ${sent ? 1 : 0},
      failures = case when ${typeof later === 'number'}::boolean then failures + 1 when ${later === undefined}::boolean then 0 else failures end,
      bounces = case when ${sent}::boolean then 0 when ${bounce ?? null}::text is null then bounces
        when bounced_address is distinct from ${bounce ?? null} then 1 else bounces + 1 end,
      bounced_address = case when ${sent}::boolean then null else coalesce(${bounce ?? null}, bounced_address) end,
      blocked_reason = case when ${sent}::boolean then null else coalesce(${block ?? null}, blocked_reason) end
    where user_id = ${userId}::uuid and claim = ${claim}::uuid returning hour_began_at + interval '1 hour' as "nextHour"`
  if (!held) return
  const dueAt = later === undefined ? null : later === 'next-hour' ? held.nextHour : new Date(Date.now() + later).toISOString()
  await database.sql`
    update notification_notices set mail_due_at = ${dueAt}::timestamptz, mailed_at = case when ${sent}::boolean then now() else mailed_at end
    where user_id = ${userId}::uuid and mail_due_at <= ${asOf}::timestamptz and (${upTo ?? null}::uuid is null or id <= ${upTo ?? null}::uuid)`
}

/** Nothing about it was the mailbox's fault: it is due as before. */
export async function releaseMailbox(database: Database, { userId, claim }: Mailbox): Promise<void> {
  await database.sql`
    update notification_mailboxes set claim = null, claimed_until = null where user_id = ${userId}::uuid and claim = ${claim}::uuid`
}
