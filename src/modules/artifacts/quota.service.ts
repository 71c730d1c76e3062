import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Namespace } from '../metadata/contract.ts'
import type { BlobDigest } from './blobs.queries.ts'
import type { StoredBlob } from './contract.ts'
import { QuotaExceeded, UploadUnknown } from './errors.ts'

/** What is held in advance is refused to others: only where there is so many times more. */
const plenty = 64

/** A namespace's quota counts the distinct bytes its artifacts link, plus what open sessions have reserved. */
export class Quotas {
  readonly #database: Database
  readonly #transaction: Transaction

  constructor(database: Database, transaction: Transaction) {
    this.#database = database
    this.#transaction = transaction
  }

  /** Within the transaction that links, after the reservation of the same bytes is gone: concurrent links of one namespace wait for each other, so the sum is exact. */
  async admit(namespace: Namespace, blobs: readonly StoredBlob[]): Promise<void> {
    const { quotaBytes } = namespace.settings
    if (quotaBytes === undefined || blobs.length === 0) return
    await this.#lock(namespace.id)
    const fresh = await this.#fresh(namespace.id, blobs)
    const wantedBytes = fresh.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    if (wantedBytes === 0) return
    const usedBytes = (await this.usedBytes(namespace.id)) + (await this.#reservedBytes(namespace.id))
    if (usedBytes + wantedBytes > quotaBytes) throw new QuotaExceeded({ quotaBytes, usedBytes, wantedBytes })
  }

  /**
   * Refuses, before a body is read, what cannot fit: more than the whole quota, or anything when the namespace is full. What fits by its digest is
   * not refused, and the last word is `admit`: bytes that are there already cost nothing.
   */
  async expect(
    namespace: Namespace,
    body: { readonly sizeBytes: number | undefined; readonly digest: BlobDigest | undefined },
  ): Promise<void> {
    const { quotaBytes } = namespace.settings
    const { sizeBytes: wantedBytes = 1, digest } = body
    if (quotaBytes === undefined || wantedBytes === 0) return
    const usedBytes = (await this.usedBytes(namespace.id)) + (await this.#reservedBytes(namespace.id))
    if (usedBytes < quotaBytes && wantedBytes <= quotaBytes) return
    if (digest && (await this.#has(namespace.id, digest))) return
    throw new QuotaExceeded({ quotaBytes, usedBytes, wantedBytes })
  }

  /** Runs `insert`, which writes the reservation, only when `wantedBytes`, or anything at all, still fits. `alone`: there is no transaction around it. */
  async reserve<T>(namespace: Namespace, wantedBytes: number, insert: (alone: boolean) => Promise<T>): Promise<T> {
    const { quotaBytes } = namespace.settings
    if (quotaBytes === undefined) return insert(!this.#transaction.active)
    return this.#transaction.run(async () => {
      await this.#lock(namespace.id)
      const usedBytes = (await this.usedBytes(namespace.id)) + (await this.#reservedBytes(namespace.id))
      if (usedBytes + Math.max(wantedBytes, 1) > quotaBytes) throw new QuotaExceeded({ quotaBytes, usedBytes, wantedBytes })
      return insert(false)
    })
  }

  /**
   * Lets a session that announced nothing have `neededBytes` in all, and `moreBytes` where so little is missed by nobody. Returns how many it may
   * have. Throws `artifacts.quota_exceeded`, and `artifacts.upload_unknown` for a session that is gone.
   */
  async hold(
    namespace: Namespace,
    sessionId: string,
    { neededBytes, moreBytes }: { readonly neededBytes: number; readonly moreBytes: number },
  ): Promise<number> {
    const { quotaBytes } = namespace.settings
    if (quotaBytes === undefined) return neededBytes
    return this.#transaction.run(async () => {
      await this.#lock(namespace.id)
      const [own] = await this.#database.sql<{ bytes: number }>`
        select greatest(reserved_bytes, held_bytes) as bytes from upload_sessions where id = ${sessionId} and expires_at > now()`
      if (!own) throw new UploadUnknown()
      const usedBytes = (await this.usedBytes(namespace.id)) + (await this.#reservedBytes(namespace.id)) - own.bytes
      const leftBytes = quotaBytes - usedBytes - neededBytes
      if (leftBytes < 0) throw new QuotaExceeded({ quotaBytes, usedBytes, wantedBytes: neededBytes })
      const heldBytes = leftBytes >= moreBytes * plenty ? neededBytes + moreBytes : neededBytes
      await this.#database.sql`update upload_sessions set held_bytes = greatest(held_bytes, ${heldBytes}::bigint) where id = ${sessionId}`
      return heldBytes
    })
  }

  /** Gives back what did not come, unless another process holds more for the session since. */
  async giveBack(sessionId: string, { heldBytes, usedBytes }: { readonly heldBytes: number; readonly usedBytes: number }): Promise<void> {
    await this.#database.sql`
      update upload_sessions set held_bytes = ${usedBytes}::bigint where id = ${sessionId} and held_bytes = ${heldBytes}::bigint`
  }

  /** Whether an artifact of the namespace has it, or an upload that was kept for one: it costs nothing again. */
  async isCounted(namespaceId: string, digest: BlobDigest): Promise<boolean> {
    if (await this.#has(namespaceId, digest)) return true
    const rows = await this.#database.sql`
      select 1 from blob_digests d join upload_links l on l.blob_id = d.blob_id and l.namespace_id = ${namespaceId}
      where d.algorithm = ${digest.algorithm} and d.digest = ${digest.hex} limit 1`
    return rows.length > 0
  }

  /** Distinct bytes linked by the artifacts of a namespace. */
  async usedBytes(namespaceId: string): Promise<number> {
    const [row] = await this.#database.sql<{ bytes: number }>`
      select coalesce(sum(b.size_bytes), 0)::bigint as bytes from blobs b
      where b.id in (select blob_id from artifact_blobs where namespace_id = ${namespaceId})`
    return row?.bytes ?? 0
  }

  /** What open sessions announced or have, and what finished ones left for artifacts that do not exist yet. */
  async #reservedBytes(namespaceId: string): Promise<number> {
    const [row] = await this.#database.sql<{ bytes: number }>`
      select (
        (select coalesce(sum(greatest(reserved_bytes, held_bytes)), 0) from upload_sessions where namespace_id = ${namespaceId} and expires_at > now())
        + (select coalesce(sum(b.size_bytes), 0) from blobs b
          where b.id in (select blob_id from upload_links where namespace_id = ${namespaceId})
            and b.id not in (select blob_id from artifact_blobs where namespace_id = ${namespaceId}))
      )::bigint as bytes`
    return row?.bytes ?? 0
  }

  async #has(namespaceId: string, { algorithm, hex }: BlobDigest): Promise<boolean> {
    const rows = await this.#database.sql`
      select 1 from blob_digests d join artifact_blobs l on l.blob_id = d.blob_id and l.namespace_id = ${namespaceId}
      where d.algorithm = ${algorithm} and d.digest = ${hex} limit 1`
    return rows.length > 0
  }

  /** Neither linked nor kept for a publish that follows. */
  async #fresh(namespaceId: string, blobs: readonly StoredBlob[]): Promise<StoredBlob[]> {
    const ids = sql.join(blobs.map(({ id }) => sql`${id}::uuid`))
    const rows = await this.#database.sql<{ blobId: string }>`
      select blob_id as "blobId" from artifact_blobs where namespace_id = ${namespaceId} and blob_id in (${ids})
      union select blob_id from upload_links where namespace_id = ${namespaceId} and blob_id in (${ids})`
    const linked = new Set(rows.map(({ blobId }) => blobId))
    const distinct = new Map(blobs.map((blob) => [blob.id, blob]))
    return [...distinct.values()].filter(({ id }) => !linked.has(id))
  }

  async #lock(namespaceId: string): Promise<void> {
    await this.#database.sql`select pg_advisory_xact_lock(hashtextextended(${`quota:${namespaceId}`}, 0))`
  }
}
