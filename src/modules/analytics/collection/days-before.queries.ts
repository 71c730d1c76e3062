import type { Database } from '../../../shared/kernel/database.ts'

export interface TakenOver {
  /** Versions that were looked at; less than asked for, and all of them were. */
  readonly versions: number
  readonly artifactIds: readonly string[]
}

/**
 * Adds what metadata counted of the next `limit` versions up to the first day of analytics, and analytics did not: on that day itself both may have
 * counted. Whoever calls it holds the numbers.
 */
export async function takeOverDaysBefore(database: Database, limit: number): Promise<TakenOver> {
  const [row] = await database.sql<TakenOver>`with mark as (select until, after from analytics_days_before),
    looked as materialized (
      select distinct c.version_id from download_counts c, mark where c.version_id > mark.after order by 1 limit ${limit}
    ), waiting as materialized (
      select p.version_id, (p.at at time zone 'utc')::date as day, sum(p.count) as count from analytics_pending p, mark
      where p.kind <> 'client' and p.at < (mark.until + 1)::timestamp at time zone 'utc' group by 1, 2
    ), missing as materialized (
      select v.artifact_id, c.version_id, c.day, c.count
        - (select coalesce(sum(d.count), 0) from analytics_days d where d.artifact_id = v.artifact_id and d.day = c.day and d.version_id = c.version_id)
        - coalesce(w.count, 0) as count
      from looked l join download_counts c on c.version_id = l.version_id join versions v on v.id = c.version_id cross join mark
        left join waiting w on w.version_id = c.version_id and w.day = c.day
      where c.day <= mark.until
    ), days as (
      insert into analytics_days as known (artifact_id, day, version_id, kind, door, count)
      select artifact_id, day, version_id, 'download', 'unknown', count from missing where count > 0 order by 1, 2, 3
      on conflict (artifact_id, day, version_id, kind, door) do update set count = known.count + excluded.count
    ), artifact_days as (
      insert into analytics_artifact_days as known (artifact_id, day, downloads, installs, clients)
      select artifact_id, day, sum(count)::bigint, 0, 0 from missing where count > 0 group by 1, 2 order by 1, 2
      on conflict (artifact_id, day) do update set downloads = known.downloads + excluded.downloads
    ), moved as (
      update analytics_days_before b set after = l.last from (select version_id as last from looked order by 1 desc limit 1) l
    ), done as (
      delete from analytics_days_before where (select count(*) from looked) = 0
    )
    select (select count(*) from looked) as versions, array(select distinct artifact_id from missing where count > 0) as "artifactIds"`
  return row ?? { versions: 0, artifactIds: [] }
}
