import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { ArtifactFormat, ArtifactType } from '../../../shared/types/artifact-type.ts'
import type { Sight } from '../../auth/contract.ts'
import { seenArtifacts } from '../../metadata/sight.contract.ts'
import { asText } from './as-text.ts'
import type { Range } from './range.ts'

export interface TopQuery {
  readonly days: 1 | 7 | 30 | 90
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

/** Most downloads of the last days of UTC, today included, among what the caller sees; of equal ones the older artifact. */
export function topArtifacts(database: Database, sight: Sight, query: TopQuery): Promise<TopRow[]> {
  const { days, limit } = query
  const ranked = query.namespace === undefined ? rankedOfAll(sight, query) : rankedOfNamespace(sight, query)
  return database.sql`select t.namespace, t.name, t.format, t.type, t.downloads, coalesce(i.installs, 0)::bigint as installs
    from (${ranked} limit ${limit}) t left join lateral (select sum(d.installs) as installs from analytics_artifact_days d
      where d.artifact_id = t.id and d.day > (now() at time zone 'utc')::date - ${days}::int) i on true
    order by t.downloads desc, t.id`
}

const shown = sql`n.name as namespace, a.id, a.name, a.format, a.type`
const active = sql`a.state = 'active' and n.state = 'active'`

function wanted({ days, type, format }: TopQuery) {
  const standing = sql.ref(`s.days_${days}`)
  return sql`${standing} > 0 ${type ? sql`and s.type = ${type}` : sql``} ${format ? sql`and s.format = ${format}` : sql``}`
}

/** Where hardly anything is seen, nobody makes the registry walk through all of it for a list that stays short. */
const maxCandidates = 20_000

/** From the first place on until there are enough: no plan that looks at every artifact first, however few are expected to be seen. */
function rankedOfAll(sight: Sight, query: TopQuery) {
  const standing = sql.ref(`s.days_${query.days}`)
  return sql`select v.*, s.downloads from (
      select s.artifact_id, ${standing} as downloads from analytics_standings s where ${wanted(query)} order by ${standing} desc, s.artifact_id
      limit ${maxCandidates}
    ) s cross join lateral (
      select ${shown} from artifacts a join namespaces n on n.id = a.namespace_id
      where a.id = s.artifact_id and ${active} and ${seenArtifacts(sight)} limit 1
    ) v order by s.downloads desc, s.artifact_id`
}

/** The artifacts of one namespace are few. */
function rankedOfNamespace(sight: Sight, query: TopQuery) {
  const standing = sql.ref(`s.days_${query.days}`)
  return sql`select ${shown}, ${standing} as downloads from namespaces n join artifacts a on a.namespace_id = n.id
    join analytics_standings s on s.artifact_id = a.id
    where n.name = ${query.namespace} and ${active} and ${seenArtifacts(sight)} and ${wanted(query)} order by ${standing} desc, a.id`
}

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

/** What nothing was found for, most often first; null is all texts that their day had no room for. */
export function missedSearches(database: Database, range: Range, limit: number) {
  return database.sql<{
    text: string | null
    searches: number
  }>`select nullif(text, '') as text, sum(count)::bigint as searches from analytics_missed_searches
    where day >= ${range.from.slice(0, 10)}::date and day::timestamp at time zone 'utc' < ${range.to}::timestamptz group by 1 order by 2 desc, 1 limit ${limit}`
}
