import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'

// `anly`
const lockKey = 0x61_6e_6c_79

/** One after the other, or two would wait for each other in a circle, and the older sum could be written last. Within a transaction. */
export const holdNumbers = async (database: Database): Promise<void> => void (await database.sql`select pg_advisory_xact_lock(${lockKey})`)

/** Rows by version, kind and door of some length of time. */
const into = (table: string, column: string, start: RawBuilder<unknown>) => sql`
  insert into ${sql.table(table)} as known (artifact_id, ${sql.ref(column)}, version_id, kind, door, count)
  select artifact_id, ${start}, version_id, kind, door, sum(count)::bigint from counted where kind <> 'client' group by 1, 2, 3, 4, 5
  order by 1, 2, 3, 4, 5
  on conflict (artifact_id, ${sql.ref(column)}, version_id, kind, door) do update set count = known.count + excluded.count`

/**
 * Takes up to `limit` rows that wait and adds them to every table they belong to, all or nothing; answers how many, and of which artifacts. Done twice, or by two processes at
 * once, it adds each row once: who comes second finds it gone. Whoever calls it holds the numbers.
 */
export async function rollUpSlice(database: Database, limit: number): Promise<RolledUp> {
  const [row] = await database.sql<RolledUp>`with taken as (
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
    select (select count(*) from taken) as taken, array(select distinct artifact_id from counted where kind <> 'client') as "artifactIds"`
  return row ?? { taken: 0, artifactIds: [] }
}

export interface RolledUp {
  readonly taken: number
  readonly artifactIds: readonly string[]
}

/** What the artifacts have today, from their days. Whoever calls it holds the numbers. */
export async function rank(database: Database, artifactIds: readonly string[]): Promise<void> {
  if (artifactIds.length === 0) return
  const within = (days: number) => sql`coalesce(sum(d.downloads) filter (where d.day > t.day - ${days}::int), 0)::bigint`
  await database.sql`insert into analytics_standings (artifact_id, format, type, day, days_1, days_7, days_30, days_90)
    select a.id, a.format, a.type, t.day, ${within(1)}, ${within(7)}, ${within(30)}, ${within(90)}
    from artifacts a cross join (select (now() at time zone 'utc')::date as day) t
    left join analytics_artifact_days d on d.artifact_id = a.id and d.day > t.day - 90 and d.day <= t.day
    where a.id = any(${[...artifactIds]}::uuid[]) group by a.id, t.day order by a.id
    on conflict (artifact_id) do update set day = excluded.day, days_1 = excluded.days_1, days_7 = excluded.days_7,
      days_30 = excluded.days_30, days_90 = excluded.days_90`
}

/** Up to `limit` artifacts whose standing is of a day before; those without a download in 90 days have none any more. */
export async function staleStandings(database: Database, limit: number): Promise<readonly string[]> {
  await database.sql`delete from analytics_standings where days_90 = 0`
  const rows = await database.sql<{ id: string }>`
    select artifact_id as id from analytics_standings where day < (now() at time zone 'utc')::date order by artifact_id limit ${limit}`
  return rows.map(({ id }) => id)
}

/** After this nobody can tell whose the hashes of the day were. */
export const dropOldSalts = async (database: Database): Promise<void> =>
  void (await database.sql`delete from analytics_salts where day < (now() at time zone 'utc')::date`)

/** Up to `limit` rows older than so many days; answers how many. */
export async function dropOlder(
  database: Database,
  { table, column, days, limit, only }: Kept & { readonly limit: number },
): Promise<number> {
  const [row] = await database.sql<{ dropped: number }>`with dropped as (
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where ${sql.ref(column)} < ((now() at time zone 'utc')::date - ${days}::int) ${only ? sql`and ${only}` : sql``} limit ${limit}))
      returning 1)
    select count(*) as dropped from dropped`
  return row?.dropped ?? 0
}

/** What of a table is kept, by its column of time. */
export interface Kept {
  readonly table: string
  readonly column: string
  readonly days: number
  /** Those rows alone. */
  readonly only?: RawBuilder<unknown>
}
