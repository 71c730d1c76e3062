import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { ArtifactFormat, ArtifactType } from '../../../shared/types/artifact-type.ts'
import type { Sight } from '../../auth/contract.ts'
import type { Range } from './range.ts'

export interface TopQuery {
  readonly days: number
  readonly type?: ArtifactType
  readonly format?: ArtifactFormat
  readonly namespace?: string
  readonly limit: number
}

export interface TopRow {
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  readonly downloads: number
  readonly installs: number
}

/** Which rows of `artifacts a` and `namespaces n` the caller may see (P5): within the query and never after it. */
const seen = ({ everything, accountIds, artifactIds }: Sight) =>
  everything
    ? sql`true`
    : sql`(n.account_id is null or coalesce(nullif(a.visibility, 'inherit'), n.visibility) = 'public'
        or n.account_id = any(${[...accountIds]}::uuid[]) or a.id = any(${[...artifactIds]}::uuid[]))`

/** Most downloads of the last days of UTC, today included, among what the caller sees. */
export function topArtifacts(database: Database, sight: Sight, { days, type, format, namespace, limit }: TopQuery): Promise<TopRow[]> {
  return database.sql`select n.name as namespace, a.name, a.format, a.type, t.downloads, t.installs
    from (select artifact_id, sum(downloads)::bigint as downloads, sum(installs)::bigint as installs from analytics_artifact_days
      where day > (now() at time zone 'utc')::date - ${days}::int group by 1 having sum(downloads) > 0) t
    join artifacts a on a.id = t.artifact_id and a.state = 'active' join namespaces n on n.id = a.namespace_id and n.state = 'active'
    where ${seen(sight)} ${type ? sql`and a.type = ${type}` : sql``} ${format ? sql`and a.format = ${format}` : sql``}
      ${namespace ? sql`and n.name = ${namespace}` : sql``}
    order by t.downloads desc, n.name, a.name, a.format limit ${limit}`
}

const asText = (time: ReturnType<typeof sql>) => sql`to_char(${time}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`

/** Of all artifacts of a namespace. */
export function namespaceByTime(database: Database, namespaceId: string, range: Range) {
  return database.sql<{ start: string; downloads: number; installs: number; clientDays: number }>`
    select ${asText(sql`date_trunc(${range.interval}, d.day::timestamp)`)} as start, sum(d.downloads)::bigint as downloads,
      sum(d.installs)::bigint as installs, sum(d.clients)::bigint as "clientDays"
    from analytics_artifact_days d join artifacts a on a.id = d.artifact_id
    where a.namespace_id = ${namespaceId}::uuid and d.day >= ${range.from.slice(0, 10)}::date and d.day < ${range.to.slice(0, 10)}::date group by 1`
}

export function namespacePublishesByTime(database: Database, namespaceId: string, range: Range) {
  return database.sql<{ start: string; publishes: number }>`
    select ${asText(sql`date_trunc(${range.interval}, v.published_at)`)} as start, count(*) as publishes
    from artifacts a join versions v on v.artifact_id = a.id
    where a.namespace_id = ${namespaceId}::uuid and v.state <> 'pending'
      and v.published_at >= ${range.from}::timestamptz and v.published_at < ${range.to}::timestamptz group by 1`
}

export async function namespaceTotals(database: Database, namespaceId: string) {
  const [row] = await database.sql<{ artifacts: number; totalDownloads: number; stars: number }>`
    select count(*) as artifacts, coalesce(sum(downloads), 0)::bigint as "totalDownloads", coalesce(sum(stars), 0)::bigint as stars
    from artifacts where namespace_id = ${namespaceId}::uuid and state = 'active'`
  return row ?? { artifacts: 0, totalDownloads: 0, stars: 0 }
}

export function trafficByTime(database: Database, kind: 'request' | 'search', range: Range) {
  return database.sql<{ start: string; door: string; outcome: string; count: number }>`
    select ${asText(sql`date_trunc(${range.interval}, hour)`)} as start, door, outcome, sum(count)::bigint as count from analytics_traffic
    where kind = ${kind} and hour >= ${range.from}::timestamptz and hour < ${range.to}::timestamptz group by 1, 2, 3 order by 1, 2, 3`
}

/** What nothing was found for, most often first. */
export function missedSearches(database: Database, range: Range, limit: number) {
  return database.sql<{ text: string; searches: number }>`select text, sum(count)::bigint as searches from analytics_missed_searches
    where day >= ${range.from.slice(0, 10)}::date and day::timestamp at time zone 'utc' < ${range.to}::timestamptz group by 1 order by 2 desc, 1 limit ${limit}`
}
