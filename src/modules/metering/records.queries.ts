import type { Database } from '../../shared/kernel/database.ts'
import type { KeptRecord, OpenPeriod } from './usage-record.ts'

// `metr`
const lockKey = 0x6d_65_74_72

/** Within a transaction, which a close then waits for; one that waits is not overtaken, or a busy registry would never close anything. */
export async function holdOpenPeriod(database: Database): Promise<OpenPeriod> {
  await database.sql`select pg_advisory_xact_lock_shared(${lockKey})`
  const [row] =
    await database.sql<OpenPeriod>`select now() as now, nullif(closed_until, '-infinity') as "closedUntil" from metering_closing`
  if (!row) throw new Error('metering_closing has lost its row')
  return row
}

/** False for what is not over yet. Within a transaction. */
export async function closePeriod(database: Database, until: string): Promise<boolean> {
  await database.sql`select pg_advisory_xact_lock(${lockKey})`
  const rows = await database.sql`update metering_closing set closed_until = greatest(closed_until, ${until}::timestamptz)
    where ${until}::timestamptz <= now() returning one`
  return rows.length > 0
}

export interface NewRecord extends KeptRecord {
  readonly id: string
  readonly namespaceId: string
}

/**
 * Answers the keys that are new. In the order of the keys, so that two batches never wait for each other in a circle: whoever comes second
 * waits until the first has committed, and then finds the key taken.
 */
export async function insertRecords(database: Database, senderId: string, records: readonly NewRecord[]): Promise<ReadonlySet<string>> {
  if (records.length === 0) return new Set()
  const rows = await database.sql<{ key: string }>`
    insert into metering_records (id, sender_id, key, metric, quantity, artifact_id, version, subject_kind, subject, at)
    select r.id, ${senderId}::uuid, r.key, r.metric, r.quantity, r."artifactId", r.version, r."subjectKind", r.subject, r.at
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as r (id uuid, key text, metric text, quantity bigint, "artifactId" uuid,
      version text, "subjectKind" text, subject text, at timestamptz)
    order by r.key collate "C" on conflict (sender_id, key) do nothing returning key`
  return new Set(rows.map(({ key }) => key))
}

export async function knownRecords(
  database: Database,
  senderId: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, KeptRecord>> {
  if (keys.length === 0) return new Map()
  const rows = await database.sql<KeptRecord>`
    select key, metric, quantity, artifact_id as "artifactId", version, subject_kind as "subjectKind", subject, at
    from metering_records where sender_id = ${senderId} and key = any(${[...keys]}::text[])`
  return new Map(rows.map((row) => [row.key, row]))
}

export type Consumption = Omit<NewRecord, 'id' | 'key'>

/** In the order of the primary key, for the same reason; whoever holds records of a batch takes sums after all of them. */
export async function addToHours(database: Database, consumed: readonly Consumption[]): Promise<void> {
  if (consumed.length === 0) return
  await database.sql`
    insert into metering_hours (namespace_id, hour, artifact_id, metric, version, subject_kind, subject, quantity)
    select r."namespaceId", date_trunc('hour', r.at, 'UTC') as hour, r."artifactId", r.metric collate "C" as metric, r.version collate "C" as version,
      r."subjectKind" collate "C" as kind, r.subject collate "C" as subject, sum(r.quantity)
    from jsonb_to_recordset(${JSON.stringify(consumed)}::jsonb) as r ("namespaceId" uuid, at timestamptz, "artifactId" uuid, metric text,
      version text, "subjectKind" text, subject text, quantity bigint)
    group by 1, 2, 3, 4, 5, 6, 7 order by 1, 2, 3, 4, 5, 6, 7
    on conflict (namespace_id, hour, artifact_id, metric, version, subject_kind, subject)
      do update set quantity = metering_hours.quantity + excluded.quantity`
}

export interface NamedVersion {
  readonly artifactId: string
  readonly version: string
}

/** Those of the names that are, or were, a version or a tag of their artifact. */
export async function knownVersions(database: Database, named: readonly NamedVersion[]): Promise<readonly NamedVersion[]> {
  if (named.length === 0) return []
  return database.sql<NamedVersion>`select w.artifact_id as "artifactId", w.version
    from unnest(${named.map(({ artifactId }) => artifactId)}::uuid[], ${named.map(({ version }) => version)}::text[]) as w (artifact_id, version)
    where exists (select from versions v where v.artifact_id = w.artifact_id and v.version = w.version)
      or exists (select from tags t where t.artifact_id = w.artifact_id and t.name = w.version)
      or exists (select from tag_history h where h.artifact_id = w.artifact_id and h.tag = w.version)`
}

/** At most `limit` of those that came longest ago; answers how many. */
export async function dropRecords(database: Database, olderThanDays: number, limit: number): Promise<number> {
  const rows = await database.sql`delete from metering_records where id in (
      select id from metering_records where received_at < now() - make_interval(days => ${olderThanDays}) order by received_at limit ${limit}
      for update skip locked) returning 1`
  return rows.length
}

export type VersionPlace = Pick<NewRecord, 'namespaceId' | 'artifactId' | 'version'>

/** Those that are there, by their id. */
export async function placesOfVersions(database: Database, versionIds: readonly string[]): Promise<ReadonlyMap<string, VersionPlace>> {
  const rows = await database.sql<VersionPlace & { id: string }>`
    select v.id, v.artifact_id as "artifactId", a.namespace_id as "namespaceId", v.version from versions v join artifacts a on a.id = v.artifact_id
    where v.id = any(${[...versionIds]}::uuid[])`
  return new Map(rows.map(({ id, ...place }) => [id, place]))
}
