import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { UsageMetric, UsageSum, UsageSumsQuery } from './contract.ts'

/** JSON carries no larger whole number exactly. */
const exact = sql`least(sum(h.quantity), 9007199254740991)::bigint`

export type Interval = 'hour' | 'day' | 'month'
export type Dimension = 'artifact' | 'version' | 'subject'

export interface TotalsFilter {
  readonly namespaceId: string
  readonly artifactId: string | undefined
  readonly from: string
  readonly to: string
  readonly interval: Interval
  /** What is told apart; anything else is added up. */
  readonly by: ReadonlySet<Dimension>
  readonly metric: UsageMetric | undefined
  readonly name: string | undefined
  readonly format: string | undefined
  readonly subject: string | undefined
  readonly after: TotalKey | undefined
  readonly limit: number
}

/** In the order of the list; what is not told apart is empty. */
export type TotalKey = readonly [
  period: string,
  metric: string,
  name: string,
  format: string,
  version: string,
  subjectKind: string,
  subject: string,
]

export interface TotalRow {
  readonly period: string
  readonly metric: UsageMetric
  readonly name: string
  readonly format: string
  readonly version: string
  readonly subjectKind: string
  readonly subject: string
  readonly quantity: number
}

const nothing = sql`''`

export function readTotals(database: Database, filter: TotalsFilter): Promise<TotalRow[]> {
  const { namespaceId, artifactId = null, from, to, interval, by, metric, name, format, subject, after, limit } = filter
  const told = (dimension: Dimension, column: ReturnType<typeof sql>) => (by.has(dimension) ? column : nothing)
  const period = sql`date_trunc(${interval}, h.hour, 'UTC')`
  const behind = after
    ? sql`(t.period, t.metric, t.name, t.format, t.version, t."subjectKind", t.subject) > (${after[0]}::timestamptz, ${sql.join(after.slice(1))})`
    : sql`true`
  return database.sql<TotalRow>`select * from (
      select ${period} as period, h.metric, ${told('artifact', sql`a.name`)} collate "C" as name, ${told('artifact', sql`a.format`)} collate "C" as format,
        ${told('version', sql`h.version`)} collate "C" as version, ${told('subject', sql`h.subject_kind`)} collate "C" as "subjectKind",
        ${told('subject', sql`h.subject`)} collate "C" as subject, ${exact} as quantity
      from metering_hours h join artifacts a on a.id = h.artifact_id
      where h.namespace_id = ${namespaceId} and h.hour >= ${from}::timestamptz and h.hour < ${to}::timestamptz
        and (${artifactId}::uuid is null or h.artifact_id = ${artifactId}::uuid)
        and (${metric ?? null}::text is null or h.metric = ${metric ?? null}) and (${name ?? null}::text is null or a.name = ${name ?? null})
        and (${format ?? null}::text is null or a.format = ${format ?? null}) and (${subject ?? null}::text is null or h.subject = ${subject ?? null})
      group by 1, 2, 3, 4, 5, 6, 7) t
    where ${behind} order by t.period, t.metric, t.name, t.format, t.version, t."subjectKind", t.subject limit ${limit}`
}

interface SumRow extends Omit<UsageSum, 'subject'> {
  readonly kind: UsageSum['subject']['kind']
  readonly subject: string
}

export async function readSums(database: Database, query: UsageSumsQuery): Promise<UsageSum[]> {
  const { from, to, namespaceId = null, artifactId = null, metric = null, after, limit } = query
  const behind = after
    ? sql`(h.artifact_id, h.metric, h.subject_kind, h.subject) > (${after.artifactId}::uuid, ${after.metric}, ${after.subject.kind}, ${after.subject.id})`
    : sql`true`
  const rows = await database.sql<SumRow>`
    select h.namespace_id as "namespaceId", h.artifact_id as "artifactId", h.metric, h.subject_kind as kind, h.subject, ${exact} as quantity
    from metering_hours h
    where h.hour >= ${from}::timestamptz and h.hour < ${to}::timestamptz and (${namespaceId}::uuid is null or h.namespace_id = ${namespaceId}::uuid)
      and (${artifactId}::uuid is null or h.artifact_id = ${artifactId}::uuid) and (${metric}::text is null or h.metric = ${metric}) and ${behind}
    group by h.namespace_id, h.artifact_id, h.metric, h.subject_kind, h.subject
    order by h.artifact_id, h.metric, h.subject_kind, h.subject limit ${limit}`
  return rows.map(({ kind, subject, ...row }) => ({ ...row, subject: { kind, id: subject } }))
}
