import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { HashAlgorithm } from './hashing.ts'

/** `alone`: the statement is a transaction of its own, which then commits without waiting for the disk. */
export const relaxedCommit = (alone: boolean) =>
  sql`select set_config('synchronous_commit', case when ${alone}::boolean then 'off' else current_setting('synchronous_commit') end, true)`

export interface BlobRow {
  readonly id: string
  readonly sizeBytes: number
  readonly storageKey: string
}

export interface BlobDigest {
  readonly algorithm: HashAlgorithm
  readonly hex: string
}

/**
 * Whoever is told that a blob is there may leave it out of a push, so a link that only waits for a manifest gets a new grace period when a quarter
 * of it has passed (D-8). `undefined` when the collector was faster.
 */
export async function findLinkedBlob(
  database: Database,
  artifactId: string,
  { algorithm, hex, graceSeconds }: BlobDigest & { readonly graceSeconds: number },
): Promise<BlobRow | undefined> {
  const [row] = await database.sql<BlobRow & { fading: boolean }>`
    select b.id, b.size_bytes as "sizeBytes", b.storage_key as "storageKey",
      case when l.linked_at > now() - make_interval(secs => ${graceSeconds / 4}) then false
        else not ${usedInArtifact(sql`l.artifact_id`, sql`l.blob_id`)} end as fading
    from blob_digests d
    join artifact_blobs l on l.blob_id = d.blob_id and l.artifact_id = ${artifactId}
    join blobs b on b.id = d.blob_id
    where d.algorithm = ${algorithm} and d.digest = ${hex}`
  if (!row) return undefined
  const { fading, ...blob } = row
  if (!fading) return blob
  const renewed = await database.sql`
    update artifact_blobs set linked_at = now() where artifact_id = ${artifactId} and blob_id = ${blob.id} returning blob_id`
  return renewed.length > 0 ? blob : undefined
}

/** Whether a manifest of the artifact has the blob. */
export const usedInArtifact = (artifactId: ReturnType<typeof sql>, blobId: ReturnType<typeof sql>) => sql`exists (
  select 1 from manifest_blobs e join artifact_manifests a on a.manifest_id = e.manifest_id and a.artifact_id = ${artifactId}
  where e.blob_id = ${blobId})`

/**
 * Starts the grace period anew; `undefined` when the collector was faster. Its commit does not wait for the disk: after a crash of the machine
 * nobody remembers that the blob was touched, and whatever was acknowledged since has flushed this too.
 */
export async function touchBlob(
  database: Database,
  { algorithm, hex, alone }: BlobDigest & { readonly alone: boolean },
): Promise<BlobRow | undefined> {
  const [row] = await database.sql<BlobRow>`
    with relaxed as materialized (${relaxedCommit(alone)})
    update blobs b set touched_at = now() from blob_digests d, relaxed
    where d.blob_id = b.id and d.algorithm = ${algorithm} and d.digest = ${hex}
    returning b.id, b.size_bytes as "sizeBytes", b.storage_key as "storageKey"`
  return row
}

export interface BlobWrite {
  readonly blob: BlobRow
  /** Of a new blob; none for one that has its rows. A digest that another blob has is a unique violation. */
  readonly digests: readonly BlobDigest[]
  readonly link?: BlobLink
  /** The upload session that ends here. */
  readonly sessionId?: string
  /** Its commit need not wait for the disk. */
  readonly committedLater?: boolean
}

/** All there is to write when a blob has arrived, as one statement: it commits by itself where there is no transaction (D-2). */
export async function writeBlob(database: Database, { blob, digests, link, sessionId, committedLater = false }: BlobWrite): Promise<void> {
  const parts = [
    ...(sessionId === undefined ? [] : [sql`ended as (delete from upload_sessions where id = ${sessionId})`]),
    ...(digests.length === 0 ? [] : newBlob(blob, digests)),
    ...(link ? [sql`linked as (${linking(link, [blob.id])})`] : []),
  ]
  if (parts.length === 0) return
  await database.sql`with relaxed as materialized (${relaxedCommit(committedLater)}), ${sql.join(parts)} select 1 from relaxed`
}

/** A blob that is probably new, by its one digest; whether it was. Its commit does not wait for the disk, like that of `committedLater`. */
export async function insertNewBlob(
  database: Database,
  { id, sizeBytes, storageKey }: BlobRow,
  { algorithm, hex }: BlobDigest,
): Promise<boolean> {
  const rows = await database.sql`with relaxed as materialized (${relaxedCommit(true)}),
    named as (insert into blob_digests (algorithm, digest, blob_id) select ${algorithm}, ${hex}, ${id}::uuid from relaxed
      on conflict do nothing returning blob_id)
    insert into blobs (id, size_bytes, storage_key) select blob_id, ${sizeBytes}::bigint, ${storageKey} from named returning id`
  return rows.length > 0
}

function newBlob({ id, sizeBytes, storageKey }: BlobRow, digests: readonly BlobDigest[]) {
  const rows = sql.join(digests.map(({ algorithm, hex }) => sql`(${algorithm}, ${hex}, ${id}::uuid)`))
  return [
    sql`stored as (insert into blobs (id, size_bytes, storage_key) values (${id}, ${sizeBytes}, ${storageKey}))`,
    sql`named as (insert into blob_digests (algorithm, digest, blob_id) values ${rows})`,
  ]
}

/** A blob can be known by one digest and be asked for by another. */
export async function insertDigest(database: Database, blobId: string, { algorithm, hex }: BlobDigest): Promise<void> {
  await database.sql`
    insert into blob_digests (algorithm, digest, blob_id) values (${algorithm}, ${hex}, ${blobId}) on conflict do nothing`
}

/** Sizes by digest, of those of `digests` that the artifact links. */
export async function linkedSizes(
  database: Database,
  artifactId: string,
  digests: readonly BlobDigest[],
): Promise<ReadonlyMap<string, number>> {
  if (digests.length === 0) return new Map()
  const rows = await database.sql<BlobDigest & { sizeBytes: number }>`
    select d.algorithm, d.digest as hex, b.size_bytes as "sizeBytes" from blob_digests d
    join artifact_blobs l on l.blob_id = d.blob_id and l.artifact_id = ${artifactId}
    join blobs b on b.id = d.blob_id
    where ${digestIn(digests)}`
  return new Map(rows.map(({ algorithm, hex, sizeBytes }) => [`${algorithm}:${hex}`, sizeBytes]))
}

/** A condition on `d.algorithm` and `d.digest`. */
export const digestIn = (digests: readonly BlobDigest[]) =>
  sql`(d.algorithm, d.digest) in (${sql.join(digests.map(({ algorithm, hex }) => sql`(${algorithm}, ${hex})`))})`

export async function replaceStorageKey(database: Database, blobId: string, storageKey: string): Promise<void> {
  await database.sql`update blobs set storage_key = ${storageKey}, state = 'stored', touched_at = now() where id = ${blobId}`
}

export interface BlobLink {
  readonly artifactId: string
  readonly namespaceId: string
}

export async function linkBlobs(database: Database, link: BlobLink, blobIds: readonly string[]): Promise<void> {
  if (blobIds.length > 0) await database.sql`${linking(link, blobIds)}`
}

function linking({ artifactId, namespaceId }: BlobLink, blobIds: readonly string[]) {
  // In one order everywhere, or two publishes of an artifact could wait for each other.
  const distinct = [...new Set(blobIds)].sort()
  const rows = sql.join(distinct.map((id) => sql`(${artifactId}::uuid, ${id}::uuid, ${namespaceId}::uuid)`))
  return sql`insert into artifact_blobs (artifact_id, blob_id, namespace_id) values ${rows}
    on conflict (artifact_id, blob_id) do update set linked_at = now()`
}

/** Takes a blob from an artifact, unless a manifest of it has the blob. */
export async function unlinkBlob(database: Database, artifactId: string, blobId: string): Promise<'unlinked' | 'in-use' | 'absent'> {
  const locked = await database.sql`select 1 from artifact_blobs where artifact_id = ${artifactId} and blob_id = ${blobId} for update`
  if (locked.length === 0) return 'absent'
  // After the lock, so that a manifest that was on its way is seen.
  const gone = await database.sql`
    delete from artifact_blobs l where l.artifact_id = ${artifactId} and l.blob_id = ${blobId}
      and not ${usedInArtifact(sql`l.artifact_id`, sql`l.blob_id`)} returning l.blob_id`
  return gone.length > 0 ? 'unlinked' : 'in-use'
}

/** Every digest the blob is known by. */
export async function digestsOf(database: Database, blobId: string): Promise<string[]> {
  const rows = await database.sql<{
    digest: string
  }>`select algorithm || ':' || digest as digest from blob_digests where blob_id = ${blobId}`
  return rows.map(({ digest }) => digest)
}
