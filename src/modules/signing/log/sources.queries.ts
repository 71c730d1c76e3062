import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../../../shared/kernel/database.ts'

// The tables of metadata are the source: what is there is true, however often an event comes, and in whatever order.

const columns = sql`kind, source_id, artifact_id, namespace, name, format, reference, digest`
const place = sql`artifacts a join namespaces n on n.id = a.namespace_id`

/** `facts` gives the columns, and when it was: moves of a tag come in their order. Those that the log has, or that wait for it already, are left out. Answers how many are new. */
async function note(database: Database, facts: RawBuilder<unknown>): Promise<number> {
  const rows = await database.sql`
    insert into log_pending (${columns}) select ${columns} from (${facts}) as f
    where not exists (select 1 from log_entries e where e.kind = f.kind and e.source_id = f.source_id)
      and not exists (select 1 from log_refusals r where r.kind = f.kind and r.source_id = f.source_id)
    order by f.at, source_id on conflict (kind, source_id) do nothing returning id`
  return rows.length
}

const versionFacts = (kind: 'version' | 'unpublished', where: RawBuilder<unknown>) => sql`
  select ${kind}::text as kind, v.id as source_id, a.id as artifact_id, n.name as namespace, a.name as name, a.format as format,
    v.version as reference, v.manifest_digest as digest, v.published_at as at
  from versions v join ${place} on a.id = v.artifact_id where ${where}`
const tagFacts = (where: RawBuilder<unknown>) => sql`
  select 'tag'::text as kind, h.id as source_id, a.id as artifact_id, n.name as namespace, a.name as name, a.format as format,
    h.tag as reference, h.to_digest as digest, h.changed_at as at
  from tag_history h join ${place} on a.id = h.artifact_id where ${where}`

export const noteVersions = (database: Database, ids: readonly string[]): Promise<number> =>
  note(database, versionFacts('version', sql`v.id = any(${ids}::uuid[]) and v.state <> 'pending'`))

/** What was held back and never published may be deleted as well: its name was never taken, and is no matter of the log. */
export const noteUnpublished = (database: Database, ids: readonly string[]): Promise<number> =>
  note(
    database,
    versionFacts(
      'unpublished',
      sql`v.id = any(${ids}::uuid[]) and v.state = 'deleted' and (
        exists (select 1 from log_entries e where e.kind = 'version' and e.source_id = v.id)
        or exists (select 1 from log_pending p where p.kind = 'version' and p.source_id = v.id))`,
    ),
  )

const mostMoves = 100

/** The last moves of the last day: an event is not older, and a tag may have moved a hundred thousand times. The sweep finds the others. */
export const noteTags = (database: Database, tags: readonly { readonly artifactId: string; readonly tag: string }[]): Promise<number> =>
  note(
    database,
    tagFacts(sql`h.id in (select m.id
      from unnest(${tags.map(({ artifactId }) => artifactId)}::uuid[], ${tags.map(({ tag }) => tag)}::text[]) as moved (artifact_id, tag)
      cross join lateral (select t.id from tag_history t where t.artifact_id = moved.artifact_id and t.tag = moved.tag
        and t.changed_at > now() - interval '1 day' order by t.changed_at desc, t.id desc limit ${mostMoves}) m)`),
  )

export interface ChangedVersion {
  readonly namespace: string
  readonly name: string
  readonly format: string
  readonly version: string
  readonly digest: string
  readonly loggedDigest: string
}

interface Slice {
  readonly last: string | null
  readonly noted: number
}
const beforeAll = '00000000-0000-0000-0000-000000000000'

/** The next so many versions in the order of their ids, published whenever. `last` is null behind the last one. */
export async function noteVersionSlice(
  database: Database,
  after: string | null,
  size: number,
): Promise<Slice & { readonly changed: readonly ChangedVersion[] }> {
  const ids = await database.sql<{ id: string }>`select id from versions where id > ${after ?? beforeAll}::uuid order by id limit ${size}`
  const all = ids.map(({ id }) => id)
  const published = sql`v.id = any(${all}::uuid[]) and v.state in ('published', 'deprecated', 'yanked')`
  return {
    last: ids.length < size ? null : (ids.at(-1)?.id ?? null),
    noted: (await note(database, versionFacts('version', published))) + (await noteUnpublished(database, all)),
    changed: await refuseChanged(database, all),
  }
}

/** No door changes the digest of a version; whoever changed its row did. Answers those that were not known of. */
const refuseChanged = (database: Database, ids: readonly string[]): Promise<ChangedVersion[]> => database.sql<ChangedVersion>`
  insert into log_refusals (kind, source_id, artifact_id, namespace, name, format, reference, digest, logged_digest)
  select e.kind, e.source_id, e.artifact_id, e.namespace, e.name, e.format, e.reference, v.manifest_digest, e.digest
  from log_entries e join versions v on v.id = e.source_id
  where e.kind = 'version' and e.source_id = any(${ids}::uuid[]) and v.manifest_digest <> e.digest
  on conflict do nothing returning namespace, name, format, reference as version, digest, logged_digest as "loggedDigest"`

export async function noteTagSlice(database: Database, after: string | null, size: number): Promise<Slice> {
  const ids = await database.sql<{
    id: string
  }>`select id from tag_history where id > ${after ?? beforeAll}::uuid order by id limit ${size}`
  const noted = await note(database, tagFacts(sql`h.id = any(${ids.map(({ id }) => id)}::uuid[])`))
  return { last: ids.length < size ? null : (ids.at(-1)?.id ?? null), noted }
}
