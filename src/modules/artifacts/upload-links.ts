import type { Database } from '../../shared/kernel/database.ts'
import { type BlobDigest, digestIn } from './blobs.queries.ts'
import type { StoredBlob } from './contract.ts'

/** A repository that may not exist yet, and who uploads to it. */
export interface UploadPlace {
  readonly namespaceId: string
  readonly name: string
  readonly userId: string
}

/** Keeps a finished upload for the publish that follows, when there is no artifact yet to link it. */
export async function keepForPublish(database: Database, { namespaceId, name, userId }: UploadPlace, blobId: string): Promise<void> {
  await database.sql`
    insert into upload_links (namespace_id, name, user_id, blob_id) values (${namespaceId}, ${name}, ${userId}, ${blobId})
    on conflict (namespace_id, name, user_id, blob_id) do update set created_at = now()`
}

/** Hands out what was kept, once: within the transaction that links it. */
export async function takeKept(
  database: Database,
  { namespaceId, name, userId }: UploadPlace,
  digests: readonly BlobDigest[],
): Promise<StoredBlob[]> {
  if (digests.length === 0) return []
  const rows = await database.sql<BlobDigest & { id: string; sizeBytes: number }>`
    with taken as (
      delete from upload_links u using blob_digests d
      where u.namespace_id = ${namespaceId} and u.name = ${name} and u.user_id = ${userId} and u.blob_id = d.blob_id and ${digestIn(digests)}
      returning d.algorithm, d.digest, d.blob_id)
    select t.algorithm, t.digest as hex, b.id, b.size_bytes as "sizeBytes" from taken t join blobs b on b.id = t.blob_id`
  return rows.map(({ algorithm, hex, id, sizeBytes }) => ({ id, digest: `${algorithm}:${hex}`, sizeBytes }))
}
