import type { Database } from '../../../shared/kernel/database.ts'

// `ancl`
const lockKey = 0x61_6e_63_6c

/** Whoever takes more artifacts on a day copies the registry, and says nothing about what belongs together. */
export const maxTogether = 50

/** Days that are over and still have clients. */
export async function openDays(database: Database): Promise<readonly string[]> {
  const rows = await database.sql<{ day: string }>`
    select distinct day::text from analytics_clients where day < (now() at time zone 'utc')::date order by 1`
  return rows.map(({ day }) => day)
}

/**
 * Looks at the first `limit` (more than `maxTogether`) rows of a day that is over, takes those of whole clients, and keeps nothing of them but which
 * artifacts they took together: at most `maxTogether - 1` pairs a row. Answers how many rows it looked at: less than `limit`, and the day is closed.
 * A client of more rows than that is taken in parts that leave enough of it to know it by until its last part. Within a transaction.
 */
export async function closeClients(database: Database, day: string, limit: number): Promise<number> {
  await database.sql`select pg_advisory_xact_lock(${lockKey})`
  const [row] = await database.sql<{ seen: number }>`with slice as materialized (
      select client, artifact_id, row_number() over (partition by client order by artifact_id) as place,
        count(*) over () as seen, count(*) over (partition by client) as own, client = first_value(client) over (order by client desc) as is_last
      from (select client, artifact_id from analytics_clients where day = ${day}::date order by client, artifact_id limit ${limit}) t
    ), gone as (
      delete from analytics_clients c using slice s where c.day = ${day}::date and c.client = s.client and c.artifact_id = s.artifact_id
        and (s.seen < ${limit} or not s.is_last or s.own = ${limit} and s.place > ${maxTogether + 1})
      returning c.client, c.artifact_id, s.own
    ), telling as (
      select g.client, g.artifact_id from gone g join artifacts a on a.id = g.artifact_id where g.own between 2 and ${maxTogether}
    ), pairs as (
      insert into analytics_together as known (artifact_id, other_id, day, clients)
      select a.artifact_id, b.artifact_id, ${day}::date, count(*) from telling a join telling b on b.client = a.client
      where a.artifact_id <> b.artifact_id group by 1, 2 order by 1, 2
      on conflict (artifact_id, other_id, day) do update set clients = known.clients + excluded.clients
    )
    select count(*) as seen from slice`
  return row?.seen ?? 0
}

/** Those of the last week that are over. */
export async function closedDays(database: Database): Promise<readonly string[]> {
  const rows = await database.sql<{
    day: string
  }>`select ((now() at time zone 'utc')::date - age)::text as day from generate_series(1, 7) age
    where not exists (select from analytics_clients where day = (now() at time zone 'utc')::date - age)`
  return rows.map(({ day }) => day)
}

export interface Partners {
  readonly day: string
  /** The last artifact that was looked at. */
  readonly after: string | undefined
  /** Artifacts to look at. */
  readonly limit: number
  readonly most: number
}

/** Leaves the next artifacts the partners that most clients took with them on that day; answers the last of them, if there was any. */
export async function dropFewTogether(database: Database, { day, after, limit, most }: Partners) {
  const [row] = await database.sql<{ last: string | null }>`with looked as materialized (
      select artifact_id from analytics_together where day = ${day}::date and (${after ?? null}::uuid is null or artifact_id > ${after ?? null}::uuid)
      group by artifact_id order by artifact_id limit ${limit}
    ), ranked as (
      select t.artifact_id, t.other_id, row_number() over (partition by t.artifact_id order by t.clients desc, t.other_id) as place
      from looked l join analytics_together t on t.artifact_id = l.artifact_id and t.day = ${day}::date
    ), dropped as (
      delete from analytics_together t using ranked r
      where t.artifact_id = r.artifact_id and t.other_id = r.other_id and t.day = ${day}::date and r.place > ${most}
    )
    select (select artifact_id from looked order by artifact_id desc limit 1) as last`
  return row?.last ?? undefined
}
