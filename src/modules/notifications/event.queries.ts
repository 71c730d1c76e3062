import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { NotedEvent } from './noted-event.ts'

/** Of `notification_events e`. */
export const eventColumns = sql`e.id, e.kind, e.at, e.namespace_id as "namespaceId", e.namespace, e.artifact_id as "artifactId", e.name, e.format,
  e.manifest_digest as "manifestDigest", e.advisory_id as "advisoryId", e.data`

/** Whether it is new. */
export async function writeEvent(
  database: Database,
  event: NotedEvent,
  { stage = 'webhooks', owners = true }: { readonly stage?: Stage; readonly owners?: boolean } = {},
): Promise<boolean> {
  const { id, kind, at, namespaceId, namespace, artifactId, name, format, manifestDigest, advisoryId, data } = event
  const rows = await database.sql`
    insert into notification_events (id, kind, at, namespace_id, namespace, artifact_id, name, format, manifest_digest, advisory_id, data, stage, owners)
    values (${id}::uuid, ${kind}, ${at}::timestamptz, ${namespaceId}::uuid, ${namespace}, ${artifactId}::uuid, ${name}, ${format},
      ${manifestDigest}, ${advisoryId}, ${JSON.stringify(data)}::jsonb, ${stage}, ${owners})
    on conflict (id) do nothing returning id`
  return rows.length > 0
}

/** Webhooks first: programs wait for them. */
export type Stage = 'webhooks' | 'owners' | 'followers' | 'done'
/** How far the telling of an event has come. */
export interface Told {
  readonly event: NotedEvent
  readonly stage: Stage
  /** The last subscription that was told. */
  readonly place: string | null
  /** Whether those hear of it who administer what it is about. */
  readonly owners: boolean
}

export async function findTold(database: Database, id: string): Promise<Told | undefined> {
  const [row] = await database.sql<NotedEvent & Omit<Told, 'event'>>`
    select ${eventColumns}, e.stage, e.place, e.owners from notification_events e where e.id = ${id}::uuid`
  if (!row) return undefined
  const { stage, place, owners, ...event } = row
  return { event, stage, place, owners }
}

/** Where the telling goes on. False when somebody else has brought it further meanwhile. */
export async function keepStage(database: Database, from: Told, to: Pick<Told, 'stage' | 'place'>): Promise<boolean> {
  const rows = await database.sql`
    update notification_events set stage = ${to.stage}, place = ${to.place}::uuid
    where id = ${from.event.id}::uuid and stage = ${from.stage} and place is not distinct from ${from.place}::uuid returning id`
  return rows.length > 0
}

/** Events whose telling was cut off, oldest first. */
export const findUnfinished = (database: Database, limit: number): Promise<{ id: string }[]> => database.sql<{ id: string }>`
  select id from notification_events where stage <> 'done' and retry_at <= now() and created_at < now() - interval '2 minutes'
  order by retry_at limit ${limit}`

/** Its telling failed: from five minutes on to a day. */
export async function putOff(database: Database, id: string): Promise<void> {
  await database.sql`
    update notification_events set failures = failures + 1, retry_at = now() + interval '5 minutes' * least(288, 2 ^ least(failures, 10))
    where id = ${id}::uuid`
}

export interface Follower {
  readonly id: string
  readonly userId: string | null
  readonly webhookId: string | null
}

/** More names are nobody's. */
const mostNames = 20

/** All names of the advisory it is about: a CVE and an id of GitHub mean the same one. */
function advisoriesOf({ advisoryId, data }: NotedEvent): string[] {
  if (advisoryId === null) return []
  const aliases = Array.isArray(data['aliases']) ? data['aliases'].filter((alias) => typeof alias === 'string') : []
  return [...new Set([advisoryId, ...aliases])].slice(0, mostNames)
}

/** Subscriptions that fit, behind `after`, in the order of their ids. One of a webhook that is disabled fits nothing. */
export function findFollowers(
  database: Database,
  event: NotedEvent,
  { who, after, limit }: { readonly who: 'webhooks' | 'users'; readonly after: string | null; readonly limit: number },
): Promise<Follower[]> {
  const targets = [
    { kind: 'namespace', key: event.namespaceId },
    ...(event.artifactId === null ? [] : [{ kind: 'artifact', key: event.artifactId }]),
    ...advisoriesOf(event).map((key) => ({ kind: 'advisory', key })),
  ]
  const behind = after === null ? sql`` : sql`and s.id > ${after}::uuid`
  const fit =
    who === 'users'
      ? sql`s.webhook_id is null`
      : sql`s.webhook_id is not null and s.webhook_id in (select w.id from notification_webhooks w where w.state = 'enabled' and (w.events is null or ${event.kind} = any(w.events)))`
  // What comes again late is no news to who follows since; clocks may be a minute apart.
  const inTime = sql`s.created_at < ${event.at}::timestamptz + interval '1 minute'`
  // Each from its own index, in order, so that no follower but those of this page is read.
  const parts = targets.map(
    ({ kind, key }) => sql`(select s.id, s.user_id as "userId", s.webhook_id as "webhookId" from notification_subscriptions s
      where s.target_kind = ${kind} and s.target_key = ${key} ${behind} and ${inTime}
        and (s.events is null or ${event.kind} = any(s.events)) and ${fit}
      order by s.id limit ${limit})`,
  )
  return database.sql<Follower>`select * from (${sql.join(parts, sql` union all `)}) f order by id limit ${limit}`
}
