import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { HashAlgorithm } from './hashing.ts'

export interface BlobRow {
  readonly id: string
  readonly sizeBytes: number
  readonly storageKey: string
}

export interface BlobDigest {
  readonly algorithm: HashAlgorithm
  readonly hex: string
}

export async function findLinkedBlob(database: Database, artifactId: string, { algorithm, hex }: BlobDigest): Promise<BlobRow | undefined> {
  const [row] = await database.sql<BlobRow>`
    select b.id, b.size_bytes as "sizeBytes", b.storage_key as "storageKey"
    from blob_digests d
    join artifact_blobs l on l.blob_id = d.blob_id and l.artifact_id = ${artifactId}
    join blobs b on b.id = d.blob_id
    where d.algorithm = ${algorithm} and d.digest = ${hex}`
  return row
}

/** Starts the grace period anew; `undefined` when the collector was faster. */
export async function touchBlob(database: Database, { algorithm, hex }: BlobDigest): Promise<BlobRow | undefined> {
  const [row] = await database.sql<BlobRow>`
    update blobs b set touched_at = now() from blob_digests d
    where d.blob_id = b.id and d.algorithm = ${algorithm} and d.digest = ${hex}
    returning b.id, b.size_bytes as "sizeBytes", b.storage_key as "storageKey"`
  return row
}

export async function insertBlob(database: Database, blob: BlobRow): Promise<void> {
  await database.sql`
    insert into blobs (id, size_bytes, storage_key) values (${blob.id}, ${blob.sizeBytes}, ${blob.storageKey})`
}

/** False when another blob already has that digest. */
export async function insertDigest(database: Database, blobId: string, { algorithm, hex }: BlobDigest): Promise<boolean> {
  const rows = await database.sql`
    insert into blob_digests (algorithm, digest, blob_id) values (${algorithm}, ${hex}, ${blobId})
    on conflict do nothing returning blob_id`
  return rows.length === 1
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

export async function linkBlobs(database: Database, { artifactId, namespaceId }: BlobLink, blobIds: readonly string[]): Promise<void> {
  if (blobIds.length === 0) return
  // In one order everywhere, or two publishes of an artifact could wait for each other.
  const distinct = [...new Set(blobIds)].sort()
  const rows = sql.join(distinct.map((id) => sql`(${artifactId}::uuid, ${id}::uuid, ${namespaceId}::uuid)`))
  await database.sql`
    insert into artifact_blobs (artifact_id, blob_id, namespace_id) values ${rows}
    on conflict (artifact_id, blob_id) do update set linked_at = now()`
}
