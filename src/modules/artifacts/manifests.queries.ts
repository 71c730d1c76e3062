import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import { type BlobDigest, digestIn } from './blobs.queries.ts'
import type { ManifestContent } from './manifest-cache.ts'
import type { ReferrerRow } from './referrer-row.ts'

export async function findLinkedManifest(
  database: Database,
  artifactId: string,
  { algorithm, hex }: BlobDigest,
): Promise<ManifestContent | undefined> {
  const [row] = await database.sql<ManifestContent>`
    select coalesce(l.media_type, m.media_type) as "mediaType", m.content from manifests m
    join artifact_manifests l on l.manifest_id = m.id and l.artifact_id = ${artifactId}
    where m.algorithm = ${algorithm} and m.digest = ${hex}`
  return row
}

/** Ids by digest, of those that the artifact links; the links stay until the transaction ends. */
export async function holdLinkedBlobs(database: Database, artifactId: string, wanted: readonly BlobDigest[]) {
  if (wanted.length === 0) return new Map<string, string>()
  const rows = await database.sql<BlobDigest & { id: string }>`
    select d.algorithm, d.digest as hex, d.blob_id as id from blob_digests d
    join artifact_blobs l on l.blob_id = d.blob_id and l.artifact_id = ${artifactId}
    where ${digestIn(wanted)} for key share of l`
  return byDigest(rows)
}

/** As `holdLinkedBlobs`, for the manifests of an index. */
export async function holdLinkedManifests(database: Database, artifactId: string, wanted: readonly BlobDigest[]) {
  if (wanted.length === 0) return new Map<string, string>()
  const rows = await database.sql<BlobDigest & { id: string }>`
    select d.algorithm, d.digest as hex, d.id from manifests d
    join artifact_manifests l on l.manifest_id = d.id and l.artifact_id = ${artifactId}
    where ${digestIn(wanted)} for key share of l`
  return byDigest(rows)
}

const byDigest = (rows: readonly (BlobDigest & { id: string })[]) =>
  new Map(rows.map(({ algorithm, hex, id }) => [`${algorithm}:${hex}`, id]))

/** Locks the link of a manifest: whoever is about to link it again waits. */
export async function lockManifestLink(
  database: Database,
  artifactId: string,
  { algorithm, hex }: BlobDigest,
): Promise<{ readonly id: string; readonly subject: string | null } | undefined> {
  const [link] = await database.sql<{ id: string; subject: string | null }>`
    select l.manifest_id as id, m.subject from artifact_manifests l join manifests m on m.id = l.manifest_id
    where l.artifact_id = ${artifactId} and m.algorithm = ${algorithm} and m.digest = ${hex} for update of l`
  return link
}

/**
 * Its row in lists of referrers goes with it. The links of its blobs get a new grace period: clients that were just told that the artifact has them
 * leave them out of their next push (D-8).
 */
export async function deleteManifestLink(database: Database, artifactId: string, manifestId: string): Promise<void> {
  await database.sql`
    with held as (
      select l.blob_id from artifact_blobs l join manifest_blobs e on e.blob_id = l.blob_id and e.manifest_id = ${manifestId}
      where l.artifact_id = ${artifactId} order by l.blob_id for no key update of l),
    renewed as (update artifact_blobs l set linked_at = now() from held where l.artifact_id = ${artifactId} and l.blob_id = held.blob_id)
    delete from artifact_manifests where artifact_id = ${artifactId} and manifest_id = ${manifestId}`
}

/** Whether a manifest that the artifact has lists it. */
export async function isChild(database: Database, artifactId: string, manifestId: string): Promise<boolean> {
  const rows = await database.sql`select 1 from manifest_children c
    join artifact_manifests l on l.manifest_id = c.manifest_id and l.artifact_id = ${artifactId} where c.child_id = ${manifestId} limit 1`
  return rows.length > 0
}

/** Whether a version reaches it that is more than this manifest by another name. */
export async function isInVersion(database: Database, artifactId: string, manifestId: string): Promise<boolean> {
  const rows = await database.sql`
    with recursive parent (id) as (
      select c.manifest_id from manifest_children c
        join artifact_manifests l on l.manifest_id = c.manifest_id and l.artifact_id = ${artifactId} where c.child_id = ${manifestId}
      union select c.manifest_id from parent p join manifest_children c on c.child_id = p.id
        join artifact_manifests l on l.manifest_id = c.manifest_id and l.artifact_id = ${artifactId})
    select 1 from parent p join manifests m on m.id = p.id
    join versions v on v.artifact_id = ${artifactId} and v.manifest_digest = m.algorithm || ':' || m.digest and v.state <> 'deleted' limit 1`
  return rows.length > 0
}

/**
 * Whether nobody pushed it since, and the artifact does not have the manifest it refers to. A push that was under way then is dated to its begin,
 * so what is younger by less than a minute stays.
 */
export async function isLeftSince(
  database: Database,
  artifactId: string,
  { id, expiredAt }: { readonly id: string; readonly expiredAt: string },
): Promise<boolean> {
  const rows = await database.sql`
    select 1 from artifact_manifests l join manifests m on m.id = l.manifest_id
    where l.artifact_id = ${artifactId} and l.manifest_id = ${id} and l.touched_at <= ${expiredAt}::timestamptz - interval '1 minute' and not exists (
      select 1 from manifests s join artifact_manifests sl on sl.manifest_id = s.id and sl.artifact_id = ${artifactId}
      where s.algorithm = split_part(m.subject, ':', 1) and s.digest = split_part(m.subject, ':', 2))`
  return rows.length > 0
}

export interface ManifestWrite extends BlobDigest, ManifestContent {
  readonly artifactId: string
  readonly artifactType: string | null
  readonly subject: string | null
  readonly sparse: boolean
  readonly blobIds: readonly string[]
  readonly childIds: readonly string[]
  readonly referrer: ReferrerRow | undefined
}

/** Row, edges, link and place in the list of referrers, as one statement. Whether the artifact did not have the manifest before. */
export async function writeManifest(database: Database, manifest: ManifestWrite): Promise<boolean> {
  const { artifactId, algorithm, hex, mediaType, artifactType, subject, content, sparse } = manifest
  const parts = [
    sql`m as (
      insert into manifests (id, algorithm, digest, media_type, artifact_type, subject, content, sparse)
      values (${uuidv7()}, ${algorithm}, ${hex}, ${mediaType}, ${artifactType}, ${subject}, ${content}, ${sparse})
      on conflict (algorithm, digest) do update set touched_at = now(), sparse = manifests.sparse and excluded.sparse returning id)`,
    ...edges(manifest),
  ]
  // An update, because it locks a link that is already there against `unlink`. The type is the artifact's own: the same bytes may be two types.
  const [link] = await database.sql<{ added: boolean }>`with ${sql.join(parts)}
    insert into artifact_manifests as l (artifact_id, manifest_id, media_type) select ${artifactId}::uuid, m.id, ${mediaType} from m
    on conflict (artifact_id, manifest_id) do update set touched_at = now(), media_type = coalesce(l.media_type, excluded.media_type)
    returning l.xmax = 0 as added`
  if (!link) throw new Error('the manifest was neither inserted nor found')
  return link.added
}

function edges({ artifactId, blobIds, childIds, referrer }: ManifestWrite) {
  const found: ReturnType<typeof sql>[] = []
  if (blobIds.length > 0)
    found.push(sql`b as (insert into manifest_blobs (manifest_id, blob_id)
      select m.id, unnest(${[...blobIds]}::uuid[]) from m on conflict do nothing)`)
  if (childIds.length > 0)
    found.push(sql`c as (insert into manifest_children (manifest_id, child_id)
      select m.id, unnest(${[...childIds]}::uuid[]) from m on conflict do nothing)`)
  if (referrer)
    found.push(sql`r as (insert into artifact_referrers (artifact_id, subject, digest, manifest_id, artifact_type, descriptor)
      select ${artifactId}::uuid, ${referrer.subject}, ${referrer.digest}, m.id, ${referrer.artifactType}, ${referrer.descriptor} from m
      on conflict do nothing)`)
  return found
}

/** A blob that came after the sparse manifests of the artifact that list it: from now on they keep it. */
export async function adoptBlob(
  database: Database,
  artifactId: string,
  blob: { readonly id: string; readonly digest: string },
): Promise<void> {
  await database.sql`
    insert into manifest_blobs (manifest_id, blob_id)
    select m.id, ${blob.id}::uuid from artifact_manifests l join manifests m on m.id = l.manifest_id
    where l.artifact_id = ${artifactId} and m.sparse and position(convert_to(${blob.digest}, 'UTF8') in m.content) > 0
    on conflict do nothing`
}
