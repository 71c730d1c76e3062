import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'

// `anly`
const lockKey = 0x61_6e_6c_79

/** Rows by version, kind and door of some length of time. */
const into = (table: string, column: string, start: RawBuilder<unknown>) => sql`
  insert into ${sql.table(table)} as known (artifact_id, ${sql.ref(column)}, version_id, kind, door, count)
  select artifact_id, ${start}, version_id, kind, door, sum(count)::bigint from counted where kind <> 'client' group by 1, 2, 3, 4, 5
  order by 1, 2, 3, 4, 5
  on conflict (artifact_id, ${sql.ref(column)}, version_id, kind, door) do update set count = known.count + excluded.count`

/**
 * Takes up to `limit` rows that wait and adds them to every table they belong to, all or nothing; answers how many. Done twice, or by two processes at
 * once, it adds each row once: who comes second finds it gone. Within a transaction.
 */
export async function rollUpSlice(database: Database, limit: number): Promise<number> {
  // One after the other, or two would wait for each other in a circle.
  await database.sql`select pg_advisory_xact_lock(${lockKey})`
  const [row] = await database.sql<{ taken: number }>`with taken as (
      delete from analytics_pending where id = any(array(select id from analytics_pending order by id limit ${limit}))
      returning at, artifact_id, version_id, kind, door, count
    ), counted as (
      select t.*, (t.at at time zone 'utc')::date as day from taken t where exists (select from artifacts a where a.id = t.artifact_id)
    ), minutes as (${into('analytics_minutes', 'minute', sql`date_trunc('minute', at)`)}
    ), hours as (${into('analytics_hours', 'hour', sql`date_trunc('hour', at)`)}
    ), days as (${into('analytics_days', 'day', sql`day`)}
    ), artifact_days as (
      insert into analytics_artifact_days as known (artifact_id, day, downloads, installs, clients)
      select artifact_id, day, coalesce(sum(count) filter (where kind <> 'client'), 0)::bigint,
        coalesce(sum(count) filter (where kind = 'install'), 0)::bigint, coalesce(sum(count) filter (where kind = 'client'), 0)::bigint
      from counted group by 1, 2 order by 1, 2
      on conflict (artifact_id, day) do update set downloads = known.downloads + excluded.downloads,
        installs = known.installs + excluded.installs, clients = known.clients + excluded.clients
    )
    select count(*) as taken from taken`
  return row?.taken ?? 0
}

/** Days that are over and still have clients. */
export async function openDays(database: Database): Promise<readonly string[]> {
  const rows = await database.sql<{ day: string }>`
    select distinct day::text from analytics_clients where day < (now() at time zone 'utc')::date order by 1`
  return rows.map(({ day }) => day)
}

/** After this nobody can tell whose the hashes of the day were. */
export const dropOldSalts = async (database: Database): Promise<void> =>
  void (await database.sql`delete from analytics_salts where day < (now() at time zone 'utc')::date`)

/**
 * Takes the rows of up to `limit` clients of a day that is over, and keeps nothing of them but which artifacts they took together; answers how many
 * clients. Whoever takes more than `maxTogether` artifacts on a day copies the registry, and says nothing about what belongs together.
 */
export async function closeClients(database: Database, day: string, { limit, maxTogether }: { limit: number; maxTogether: number }) {
  const [row] = await database.sql<{ taken: number }>`with gone as (
      delete from analytics_clients where day = ${day}::date and client = any(array(
        select distinct client from analytics_clients where day = ${day}::date order by client limit ${limit}))
      returning client, artifact_id
    ), telling as (
      select g.client, g.artifact_id from gone g join artifacts a on a.id = g.artifact_id
      where g.client in (select client from gone group by client having count(*) between 2 and ${maxTogether})
    ), pairs as (
      insert into analytics_together as known (artifact_id, other_id, day, clients)
      select a.artifact_id, b.artifact_id, ${day}::date, count(*) from telling a join telling b on b.client = a.client
      where a.artifact_id <> b.artifact_id group by 1, 2 order by 1, 2
      on conflict (artifact_id, other_id, day) do update set clients = known.clients + excluded.clients
    )
    select count(distinct client) as taken from gone`
  return row?.taken ?? 0
}

/** Up to `limit` rows older than so many days; answers how many. */
export async function dropOlder(database: Database, { table, column, days, limit }: Kept & { readonly limit: number }): Promise<number> {
  const [row] = await database.sql<{ dropped: number }>`with dropped as (
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where ${sql.ref(column)} < ((now() at time zone 'utc')::date - ${days}::int) limit ${limit}))
      returning 1)
    select count(*) as dropped from dropped`
  return row?.dropped ?? 0
}

/** What of a table is kept, by its column of time. */
export interface Kept {
  readonly table: string
  readonly column: string
  readonly days: number
}
