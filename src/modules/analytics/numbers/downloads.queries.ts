import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import { asText } from './as-text.ts'
import { type Interval, isDaily, type Range } from './range.ts'

type Fragment = RawBuilder<unknown>

/** The coarsest table that has the interval, and the interval a row belongs to. */
const sources: Readonly<Record<Interval, { readonly table: Fragment; readonly at: Fragment; readonly start: Fragment }>> = {
  minute: { table: sql`analytics_minutes`, at: sql`r.minute`, start: sql`r.minute` },
  hour: { table: sql`analytics_hours`, at: sql`r.hour`, start: sql`r.hour` },
  day: { table: sql`analytics_days`, at: sql`r.day`, start: sql`r.day` },
  week: { table: sql`analytics_days`, at: sql`r.day`, start: sql`date_trunc('week', r.day::timestamp)` },
  month: { table: sql`analytics_days`, at: sql`r.day`, start: sql`date_trunc('month', r.day::timestamp)` },
}

/** Days are compared as days: a bound is the beginning of one. */
const within = (at: Fragment, range: Range): Fragment => {
  const { from, to } = range
  return isDaily(range)
    ? sql`${at} >= ${from.slice(0, 10)}::date and ${at} < ${to.slice(0, 10)}::date`
    : sql`${at} >= ${from}::timestamptz and ${at} < ${to}::timestamptz`
}

export interface Downloaded {
  /** Installs included. */
  readonly downloads: number
  readonly installs: number
}

const sums = sql`sum(r.count)::bigint as downloads, coalesce(sum(r.count) filter (where r.kind = 'install'), 0)::bigint as installs`

export interface DownloadsAt extends Downloaded {
  readonly start: string
  /** Clients of each day, summed up; undefined for what is shorter than a day. */
  readonly clientDays?: number
}

/** By interval; those without a download are left out. Of days there is one row for each, whatever versions and doors there are. */
export function downloadsByTime(database: Database, artifactId: string, range: Range): Promise<DownloadsAt[]> {
  const { table, at, start } = sources[range.interval]
  if (isDaily(range))
    return database.sql`select ${asText(start)} as start, sum(r.downloads)::bigint as downloads, sum(r.installs)::bigint as installs,
      sum(r.clients)::bigint as "clientDays" from analytics_artifact_days r
      where r.artifact_id = ${artifactId}::uuid and ${within(at, range)} group by 1 order by 1`
  return database.sql`select ${asText(start)} as start, ${sums} from ${table} r
    where r.artifact_id = ${artifactId}::uuid and ${within(at, range)} group by 1 order by 1`
}

export function downloadsByDoor(database: Database, artifactId: string, range: Range): Promise<(Downloaded & { door: string })[]> {
  const { table, at } = sources[range.interval]
  return database.sql`select r.door, ${sums} from ${table} r
    where r.artifact_id = ${artifactId}::uuid and ${within(at, range)} group by 1 order by 2 desc, 1`
}

export interface VersionQuery {
  readonly artifactId: string
  readonly range: Range
  readonly most: number
}
export type VersionDownloads = Downloaded & { readonly version: string | null }

/** Rows added up once, and the `most` downloaded versions among them that are shown; all others are one row, whose version is null. */
const byVersion = ({ artifactId, range, most }: VersionQuery, start: Fragment): Fragment => {
  const { table, at } = sources[range.interval]
  return sql`with counted as materialized (
      select ${start} as start, r.version_id, ${sums} from ${table} r where r.artifact_id = ${artifactId}::uuid and ${within(at, range)} group by 1, 2
    ), named as (
      select t.version_id, v.version from (select version_id, sum(downloads) as downloads from counted group by 1) t
      join versions v on v.id = t.version_id and v.state in ('published', 'deprecated', 'yanked')
      order by t.downloads desc, v.sort_key desc limit ${most}
    ), told as (
      select c.start, n.version, sum(c.downloads)::bigint as downloads, sum(c.installs)::bigint as installs
      from counted c left join named n on n.version_id = c.version_id group by 1, 2
    )`
}

export function downloadsByVersion(database: Database, query: VersionQuery): Promise<VersionDownloads[]> {
  return database.sql`${byVersion(query, sql`null`)} select version, downloads, installs from told order by version is null, 2 desc, 1`
}

/** The same by interval. */
export function adoption(database: Database, query: VersionQuery): Promise<(VersionDownloads & { start: string })[]> {
  const { start } = sources[query.range.interval]
  return database.sql`${byVersion(query, start)} select ${asText(sql`start`)} as start, version, downloads, installs from told
    order by start, version is null, 3 desc, 2`
}

/** Read from the versions themselves: those that came out, whatever became of them. */
export function publishesByTime(database: Database, artifactId: string, range: Range): Promise<{ start: string; publishes: number }[]> {
  return database.sql`select ${asText(sql`date_trunc(${range.interval}, v.published_at)`)} as start, count(*) as publishes from versions v
    where v.artifact_id = ${artifactId}::uuid and v.state <> 'pending'
      and v.published_at >= ${range.from}::timestamptz and v.published_at < ${range.to}::timestamptz group by 1`
}

/** Of the last `hours` hours, the one that runs included, and of as many before. */
export async function recentHours(database: Database, artifactId: string, hours: number) {
  const [row] = await database.sql<{ now: number; before: number; nowInstalls: number; beforeInstalls: number }>`with bound as (
      select date_trunc('hour', now()) + interval '1 hour' - ${hours}::int * interval '1 hour' as at)
    select coalesce(sum(r.count) filter (where r.hour >= b.at), 0)::bigint as now,
      coalesce(sum(r.count) filter (where r.hour < b.at), 0)::bigint as before,
      coalesce(sum(r.count) filter (where r.hour >= b.at and r.kind = 'install'), 0)::bigint as "nowInstalls",
      coalesce(sum(r.count) filter (where r.hour < b.at and r.kind = 'install'), 0)::bigint as "beforeInstalls"
    from analytics_hours r, bound b where r.artifact_id = ${artifactId}::uuid and r.hour >= b.at - ${hours}::int * interval '1 hour'`
  return row ?? { now: 0, before: 0, nowInstalls: 0, beforeInstalls: 0 }
}
