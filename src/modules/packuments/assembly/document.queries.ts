import { sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'
import type { PackumentForm } from '../contract.ts'
import { baseMarker } from '../fragments.ts'

/** What is told of a package besides its versions. The texts are of JSON, without braces. */
export interface DocumentHead {
  readonly rev: number
  readonly created: string
  readonly modified: string
  /** Versions that documents show. */
  readonly versions: number
  /** Of these, how many were never looked at. */
  readonly missing: number
  /** Of the text of all versions, in both forms. */
  readonly bytes: number
  readonly tags: string | null
  /** The versions themselves, when they are not too many. */
  readonly entries: string | null
  readonly times: string | null
  readonly about: string | null
  readonly maintainers: string | null
  readonly stars: string | null
}

export interface DocumentBatch {
  /** Whoever has used the texts empties them: chains of pg's objects keep a row alive until a full collection. */
  full: string
  abbreviated: string
  readonly times: string
  readonly last: string
}

const maxStars = 1_000
const batchRows = 200
/** Longer texts are put where only a full collection finds them; so many of those would pile up. */
const batchBytes = 49_152

const shown = sql`v.state in ('published', 'deprecated', 'yanked')`
const notice = sql`case v.state
  when 'deprecated' then ',"deprecated":' || to_json(coalesce(v.deprecated_reason, ''))::text
  when 'yanked' then ',"deprecated":' || to_json('yanked' || coalesce(': ' || nullif(v.state_reason, ''), ''))::text
  else '' end`
const isoMs = sql`'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`
const times = sql`string_agg(to_json(v.version)::text || ':"' || to_char(v.published_at at time zone 'utc', ${isoMs}) || '"', ',' order by v.id)`
const fragmentOf = (form: PackumentForm) => (form === 'full' ? sql`p.fragment` : sql`p.abbreviated`)
const entries = (form: PackumentForm) =>
  sql`string_agg(to_json(v.version)::text || ':' || ${fragmentOf(form)} || ${notice} || '}', ',' order by v.id)`

const onlyFull = sql`
  (select p.about from package_versions p join shown v on v.id = p.version_id where p.artifact_id = a.id
    order by (exists (select 1 from tags t where t.artifact_id = a.id and t.name = 'latest' and t.version_id = v.id)) desc, v.id desc limit 1) as about,
  coalesce(
    (select string_agg('{"name":' || to_json(u.name)::text || ',"email":""}', ',' order by g.added_at, u.name)
      from grants g join accounts u on u.id = g.user_id and u.state = 'active' where g.artifact_id = a.id and g.role in ('owner', 'admin', 'write')),
    (select string_agg('{"name":' || to_json(u.name)::text || ',"email":""}', ',' order by m.added_at, u.name)
      from namespaces n join account_members m on m.account_id = n.account_id and m.role = 'owner' join accounts u on u.id = m.user_id and u.state = 'active'
      where n.id = a.namespace_id)) as maintainers,
  (select string_agg(to_json(u.name)::text || ':true', ',' order by s.created_at, u.name)
    from (select user_id, created_at from stars where artifact_id = a.id order by created_at limit ${maxStars}) s
    join accounts u on u.id = s.user_id and u.state = 'active') as stars`
const notFull = sql`null as about, null as maintainers, null as stars`

/**
 * All of a document whose versions have at most `maxBytes`, as of one moment; otherwise what stands around the versions. `undefined` when the
 * artifact is gone.
 */
export async function readDocument(
  database: Database,
  { artifactId, form, maxBytes }: { readonly artifactId: string; readonly form: PackumentForm; readonly maxBytes: number },
): Promise<DocumentHead | undefined> {
  const whole = sql`(select missing = 0 and bytes <= ${maxBytes}::bigint from sizes)`
  const [row] = await database.sql<DocumentHead>`with shown as materialized (
      select v.id, v.version, v.state, v.state_reason, v.deprecated_reason, v.published_at, p.bytes
      from versions v left join package_versions p on p.version_id = v.id
      where v.artifact_id = ${artifactId} and ${shown} and p.unreadable is null
    ), sizes as (
      select count(*) as versions, count(*) filter (where bytes is null) as missing, coalesce(sum(bytes), 0)::bigint as bytes from shown
    )
    select a.rev, to_char(a.created_at at time zone 'utc', ${isoMs}) as created, to_char(a.updated_at at time zone 'utc', ${isoMs}) as modified,
      z.versions, z.missing, z.bytes,
      (select string_agg(to_json(t.name)::text || ':' || to_json(v.version)::text, ',' order by t.name)
        from tags t join shown v on v.id = t.version_id and v.state <> 'yanked' where t.artifact_id = a.id) as tags,
      case when ${whole} then (select ${entries(form)} from shown v join package_versions p on p.version_id = v.id) end as entries,
      case when ${whole} then (select ${times} from shown v) end as times,
      ${form === 'full' ? onlyFull : notFull}
    from artifacts a cross join sizes z where a.id = ${artifactId} and a.state = 'active'`
  return row
}

export interface BatchPlace {
  readonly artifactId: string
  readonly after: string
  readonly before: string
  /** As it stands in JSON. */
  readonly base: string
}

/**
 * The versions after one of them, in the order they were published; bounded by their number and by their bytes. What goes before each text and the
 * URL of the registry are put in by the database, because every copy that is made here waits for the collector.
 */
export async function readBatch(database: Database, { artifactId, after, before, base }: BatchPlace): Promise<DocumentBatch | undefined> {
  const placed = (form: PackumentForm) => sql`${before}::text || replace(${entries(form)}, ${baseMarker}::text, ${base}::text)`
  const [row] = await database.sql<BatchRow>`with page as (
      select v.id, v.version, v.state, v.state_reason, v.deprecated_reason, v.published_at, p.fragment, p.abbreviated, p.bytes
      from package_versions p join versions v on v.id = p.version_id
      where p.artifact_id = ${artifactId} and p.version_id > ${after}::uuid and p.unreadable is null and ${shown}
      order by p.version_id limit ${batchRows}
    ), measured as (select id, sum(bytes) over (order by id) - bytes as before from page)
    select ${placed('full')} as full, ${placed('abbreviated')} as abbreviated, ${times} as times,
      (array_agg(v.id order by v.id desc))[1] as last
    from page v join measured m on m.id = v.id and m.before < ${batchBytes} cross join lateral (select v.fragment, v.abbreviated) p`
  return isBatch(row) ? row : undefined
}

type BatchRow = { [K in keyof DocumentBatch]: DocumentBatch[K] | null }

const isBatch = (row: BatchRow | undefined): row is DocumentBatch => Boolean(row?.full && row.abbreviated && row.times && row.last)

/** Versions that documents would show, had somebody looked at them; a few at a time. */
export function readUndescribed(
  database: Database,
  artifactId: string,
): Promise<{ readonly id: string; readonly version: string; readonly manifestDigest: string }[]> {
  return database.sql`select v.id, v.version, v.manifest_digest as "manifestDigest" from versions v
    where v.artifact_id = ${artifactId} and ${shown} and not exists (select 1 from package_versions p where p.version_id = v.id)
    order by v.id limit 50`
}

/** One version as the full document has it. */
export async function readVersion(database: Database, versionId: string): Promise<{ readonly text: string | null } | undefined> {
  const [row] = await database.sql<{ text: string | null }>`select case when ${shown} then p.fragment || ${notice} || '}' end as text
    from package_versions p join versions v on v.id = p.version_id where p.version_id = ${versionId}`
  return row
}
