import type { Database } from '../../../shared/kernel/database.ts'
import type { Counted } from './tally.ts'

export interface DownloadItem {
  readonly versionId: string
  readonly artifactId: string
  readonly kind: 'download' | 'install'
  readonly door: string
  /** Of `performance.now()`: the database's clock says when that was. */
  readonly since: number
}

export interface TrafficItem {
  readonly kind: 'request' | 'search'
  readonly door: string
  readonly outcome: string
  readonly since: number
}

export interface MissedSearch {
  readonly text: string
}

export interface ClientOfArtifact {
  readonly artifactId: string
  readonly client: Buffer
}

const ageOf = (since: number): number => Math.max(0, performance.now() - since) / 1_000

export async function writeDownloads(database: Database, counted: readonly Counted<DownloadItem>[]): Promise<void> {
  if (counted.length === 0) return
  const column = <T>(of: (item: DownloadItem) => T): T[] => counted.map(({ item }) => of(item))
  await database.sql`insert into analytics_pending (at, artifact_id, version_id, kind, door, count)
    select now() - make_interval(secs => age), artifact_id, version_id, kind, door, count from unnest(
      ${column(({ since }) => ageOf(since))}::float8[], ${column(({ artifactId }) => artifactId)}::uuid[],
      ${column(({ versionId }) => versionId)}::uuid[], ${column(({ kind }) => kind)}::text[], ${column(({ door }) => door)}::text[],
      ${counted.map(({ count }) => count)}::bigint[]) as t (age, artifact_id, version_id, kind, door, count)`
}

/** Those that are new on that day are counted once they are rolled up. */
export async function writeClients(database: Database, day: string, clients: readonly ClientOfArtifact[]): Promise<void> {
  if (clients.length === 0) return
  await database.sql`with fresh as (
      insert into analytics_clients (day, client, artifact_id)
      select ${day}::date, client, artifact_id from unnest(
        ${clients.map(({ client }) => client)}::bytea[], ${clients.map(({ artifactId }) => artifactId)}::uuid[]) as t (client, artifact_id)
      order by client, artifact_id on conflict do nothing returning artifact_id
    )
    insert into analytics_pending (at, artifact_id, kind, door, count)
    select ${day}::date::timestamp at time zone 'utc', artifact_id, 'client', 'rest', count(*) from fresh group by artifact_id`
}

/** Few rows, and the order of them keeps two processes from waiting for each other in a circle. */
export async function writeTraffic(database: Database, counted: readonly Counted<TrafficItem>[]): Promise<void> {
  if (counted.length === 0) return
  const column = <T>(of: (item: TrafficItem) => T): T[] => counted.map(({ item }) => of(item))
  await database.sql`insert into analytics_traffic as known (hour, kind, door, outcome, count)
    select date_trunc('hour', now() - make_interval(secs => age)) as hour, kind, door, outcome, sum(count)::bigint from unnest(
      ${column(({ since }) => ageOf(since))}::float8[], ${column(({ kind }) => kind)}::text[], ${column(({ door }) => door)}::text[],
      ${column(({ outcome }) => outcome)}::text[], ${counted.map(({ count }) => count)}::bigint[]) as t (age, kind, door, outcome, count)
    group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (hour, kind, door, outcome) do update set count = known.count + excluded.count`
}

/** Of a day: whoever searches for nonsense, again and again, fills no table with it. */
const maxTexts = 10_000

/** Texts beyond those that the day has room for are one row, whose text is empty. */
export async function writeMissedSearches(database: Database, counted: readonly Counted<MissedSearch>[]): Promise<void> {
  if (counted.length === 0) return
  await database.sql`with today as (select (now() at time zone 'utc')::date as day), room as (
      select ${maxTexts} - count(*) as texts from (select from analytics_missed_searches k, today where k.day = today.day limit ${maxTexts}) k
    ), missed as (
      select today.day, t.text, t.count, k.text is not null as is_known, count(*) filter (where k.text is null) over (order by t.text) as place
      from today cross join unnest(${counted.map(({ item }) => item.text)}::text[], ${counted.map(({ count }) => count)}::bigint[]) as t (text, count)
      left join analytics_missed_searches k on k.day = today.day and k.text = t.text collate "C"
    )
    insert into analytics_missed_searches as known (day, text, count)
    select m.day, case when m.is_known or m.place <= room.texts then m.text else '' end as text, sum(m.count)::bigint
    from missed m, room group by 1, 2 order by 1, 2
    on conflict (day, text) do update set count = known.count + excluded.count`
}
