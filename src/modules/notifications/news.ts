import { Gathered } from '../../shared/gathered.ts'
import type { Database } from '../../shared/kernel/database.ts'
import type { NotedEvent } from './noted-event.ts'

/** Every publish asks, and hardly any has a follower: what is asked within this time is one statement. */
const gatherMs = 20

interface Subject {
  readonly artifactId: string
  readonly advisoryId: string | null
}

interface Scanned {
  /** Of the event about the scan. */
  readonly id: string
  readonly artifactId: string
  readonly manifestDigest: string
}

/** Whether an event has to be told at all, asked for many events at once. */
export class News {
  readonly #followed: Gathered<ReadonlySet<string>>
  readonly #scans: Gathered<ReadonlyMap<string, NotedEvent['data']>>

  constructor(database: Database) {
    this.#followed = new Gathered((items) => findFollowed(database, items), gatherMs)
    this.#scans = new Gathered((items) => findScansBefore(database, items), gatherMs)
  }

  /** Whether anybody may want to hear of it. */
  async isFollowed({ artifactId, advisoryId }: Subject): Promise<boolean> {
    const item = JSON.stringify([artifactId, advisoryId])
    return (await this.#followed.add(item)).has(item)
  }

  /** What was told last of a scan of the same manifest, before this event. */
  async scanBefore({ id, artifactId, manifestDigest }: Scanned): Promise<NotedEvent['data'] | undefined> {
    const item = JSON.stringify([id, artifactId, manifestDigest])
    return (await this.#scans.add(item)).get(item)
  }
}

async function findFollowed(database: Database, items: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await database.sql<{ item: string }>`
    select f.item from (select item, (item::jsonb->>0)::uuid as artifact_id, item::jsonb->>1 as advisory from unnest(${items}::text[]) as i (item)) f
      join artifacts a on a.id = f.artifact_id
    where exists (select from notification_subscriptions where target_kind = 'namespace' and target_key = a.namespace_id::text)
      or exists (select from notification_subscriptions where target_kind = 'artifact' and target_key = a.id::text)
      or exists (select from notification_subscriptions where target_kind = 'advisory' and target_key = f.advisory)`
  return new Set(rows.map(({ item }) => item))
}

async function findScansBefore(database: Database, items: readonly string[]): Promise<ReadonlyMap<string, NotedEvent['data']>> {
  const rows = await database.sql<{ item: string } & Pick<NotedEvent, 'data'>>`
    select f.item, e.data from (select item, (item::jsonb->>0)::uuid as id, (item::jsonb->>1)::uuid as artifact_id, item::jsonb->>2 as digest
      from unnest(${items}::text[]) as i (item)) f
    join lateral (select data from notification_events where artifact_id = f.artifact_id and kind = 'scanning.scan_completed' and id < f.id
      and manifest_digest = f.digest order by id desc limit 1) e on true`
  return new Map(rows.map(({ item, data }) => [item, data]))
}
