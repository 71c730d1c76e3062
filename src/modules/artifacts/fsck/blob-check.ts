import { sql } from 'kysely'
import { isDomainError } from '../../../shared/errors/domain-error.ts'
import type { Database } from '../../../shared/kernel/database.ts'
import type { BlobDigest } from '../blobs.queries.ts'
import { ContentHash } from '../hashing.ts'
import type { Finding, FsckParts } from './finding.ts'

interface CheckedBlob {
  readonly id: string
  readonly sizeBytes: number
  readonly storageKey: string
  readonly digests: readonly BlobDigest[]
}

export interface BlobTotals {
  blobs: number
  bytes: number
}

const pageSize = 200

/** Length and, unless `readBytes` is false, digests of every stored copy (D-3). */
export async function* checkBlobs(parts: FsckParts, totals: BlobTotals, readBytes: boolean): AsyncGenerator<Finding> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await blobsAfter(parts.database, after)
    for (const blob of page) {
      totals.blobs += 1
      totals.bytes += readBytes ? blob.sizeBytes : 0
      const finding = (await checkOne(parts, blob, readBytes)) && (await checkAgain(parts, blob.id, readBytes))
      if (finding) yield finding
    }
    const last = page.at(-1)
    if (!last) return
    after = last.id
  }
}

/** It may have been collected or healed while it was being read. */
async function checkAgain(parts: FsckParts, id: string, readBytes: boolean): Promise<Finding | undefined> {
  const [current] = await blobRows(parts.database, id)
  return current && checkOne(parts, current, readBytes)
}

async function checkOne(parts: FsckParts, blob: CheckedBlob, readBytes: boolean): Promise<Finding | undefined> {
  const { driver } = parts
  const subject = `blob ${blob.digests.map(({ algorithm, hex }) => `${algorithm}:${hex}`)[0] ?? blob.id}`
  const sizeBytes = await driver.size(blob.storageKey)
  if (sizeBytes === undefined) return { kind: 'blob-missing', subject, detail: `there is no copy ${blob.storageKey}` }
  if (sizeBytes !== blob.sizeBytes)
    return {
      kind: 'blob-length',
      subject,
      detail: `the copy has ${sizeBytes} bytes, not ${blob.sizeBytes}`,
      repair: () => quarantine(parts, blob),
    }
  return readBytes ? checkBytes(parts, blob, subject) : undefined
}

async function checkBytes(parts: FsckParts, blob: CheckedBlob, subject: string): Promise<Finding | undefined> {
  const computed = await digestsOf(parts, blob)
  const wrong = blob.digests.filter(({ algorithm, hex }) => computed.get(algorithm) !== hex)
  if (wrong.length === 0) return undefined
  const sha256 = computed.get('sha256') ?? ''
  const [owner] = await parts.database.sql<{ id: string }>`
    select blob_id as id from blob_digests where algorithm = 'sha256' and digest = ${sha256}`
  if (!owner) return { kind: 'blob-bytes', subject, detail: `the copy's bytes are sha256:${sha256}`, repair: () => quarantine(parts, blob) }
  return {
    kind: 'digest-of-other-blob',
    subject,
    detail: `the copy's bytes are the known sha256:${sha256}`,
    repair: () => correctDigests(parts.database, blob, { wrong, sha256 }),
  }
}

async function digestsOf({ driver }: FsckParts, { storageKey, digests }: CheckedBlob): Promise<ReadonlyMap<string, string>> {
  const hash = new ContentHash(digests.some(({ algorithm }) => algorithm === 'sha512') ? 'sha512' : 'sha256')
  try {
    for await (const chunk of (await driver.read(storageKey)) as AsyncIterable<Buffer>) hash.update(chunk)
  } catch (error) {
    // Collected meanwhile; the second look will not find its row.
    if (!isDomainError(error)) throw error
  }
  return hash.digests()
}

/** Pushing the same bytes again stores a new copy. */
async function quarantine({ database, driver }: FsckParts, { id, storageKey }: CheckedBlob): Promise<void> {
  await database.sql`update blobs set state = 'damaged' where id = ${id} and storage_key = ${storageKey}`
  await driver.quarantine(storageKey)
}

/** The digest goes to the blob that has the bytes; a blob that loses its only one gets the right one at the next repair. */
async function correctDigests(
  database: Database,
  { id }: CheckedBlob,
  { wrong, sha256 }: { wrong: readonly BlobDigest[]; sha256: string },
): Promise<void> {
  for (const { algorithm, hex } of wrong)
    await database.sql`delete from blob_digests where blob_id = ${id} and algorithm = ${algorithm} and digest = ${hex}`
  await database.sql`
    insert into blob_digests (algorithm, digest, blob_id) values ('sha256', ${sha256}, ${id})
    on conflict (algorithm, digest) do update set blob_id = excluded.blob_id`
}

const columns = sql`b.id, b.size_bytes as "sizeBytes", b.storage_key as "storageKey",
  coalesce((select jsonb_agg(jsonb_build_object('algorithm', d.algorithm, 'hex', d.digest) order by d.algorithm)
    from blob_digests d where d.blob_id = b.id), '[]'::jsonb) as digests`

const blobsAfter = (database: Database, after: string) =>
  database.sql<CheckedBlob>`select ${columns} from blobs b where b.id > ${after} order by b.id limit ${pageSize}`

const blobRows = (database: Database, id: string) => database.sql<CheckedBlob>`select ${columns} from blobs b where b.id = ${id}`
