import { sql } from 'kysely'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { BlobDriver, CollectionReport } from './contract.ts'
import type { LiveKeys } from './live-keys.ts'
import { emptyDescriptor } from './manifest-document.ts'
import type { UploadSessions } from './upload-sessions.service.ts'

export interface CollectorParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly driver: BlobDriver
  readonly live: LiveKeys
  readonly sessions: UploadSessions
  readonly graceSeconds: number
}

const batchSize = 200
const emptyHex = emptyDescriptor.digest.slice('sha256:'.length)

/**
 * Removes what nothing refers to and nobody touched for the grace period (D-8). Each step claims rows by locking them, looks again with the lock
 * held, and only then deletes; bytes are unlinked after that. Whoever links at that moment waits for milliseconds. Keys are never reused, so a
 * push of the same digest simply stores a new copy.
 */
export class Collector {
  readonly #parts: CollectorParts

  constructor(parts: CollectorParts) {
    this.#parts = parts
  }

  async collect(): Promise<Omit<CollectionReport, 'finishedAt'>> {
    const sessions = await this.#parts.sessions.expire()
    const manifests = await this.#untilEmpty(() => this.#dropManifests())
    const links = (await this.#untilEmpty(() => this.#dropLinks())) + (await this.#dropUploadLinks())
    await this.#parts.database.sql`delete from blob_holds where held_until < now()`
    let bytes = 0
    const blobs = await this.#untilEmpty(async () => {
      const claimed = await this.#claimBlobs()
      bytes += claimed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      return claimed.length
    })
    await this.#emptyGarbage()
    const orphans = await this.#dropOrphans()
    return { sessions, manifests, links, blobs, bytes, orphans }
  }

  async #untilEmpty(batch: () => Promise<number>): Promise<number> {
    let total = 0
    for (let found = await batch(); found > 0; found = await batch()) total += found
    return total
  }

  get #old() {
    return sql`now() - make_interval(secs => ${this.#parts.graceSeconds})`
  }

  #dropManifests(): Promise<number> {
    const { database, transaction } = this.#parts
    const unused = sql`m.touched_at < ${this.#old}
      and not exists (select 1 from artifact_manifests l where l.manifest_id = m.id)
      and not exists (select 1 from manifest_children c where c.child_id = m.id)`
    return transaction.run(async () => {
      const claimed = await database.sql<{ id: string }>`
        select m.id from manifests m where ${unused} limit ${batchSize} for update skip locked`
      const ids = claimed.map(({ id }) => id)
      return (await database.sql`delete from manifests m where m.id = any(${ids}) and ${unused} returning m.id`).length
    })
  }

  /** Links of uploads that no manifest of the artifact ever used. */
  #dropLinks(): Promise<number> {
    const { database, transaction } = this.#parts
    const unused = sql`l.linked_at < ${this.#old} and not exists (
      select 1 from artifact_manifests a join manifest_blobs e on e.manifest_id = a.manifest_id
      where a.artifact_id = l.artifact_id and e.blob_id = l.blob_id)`
    return transaction.run(async () => {
      const claimed = await database.sql<{ artifactId: string; blobId: string }>`
        select l.artifact_id as "artifactId", l.blob_id as "blobId" from artifact_blobs l
        where ${unused} limit ${batchSize} for update skip locked`
      const [artifacts, blobs] = [claimed.map(({ artifactId }) => artifactId), claimed.map(({ blobId }) => blobId)]
      const dropped = await database.sql`
        delete from artifact_blobs l using unnest(${artifacts}::uuid[], ${blobs}::uuid[]) as c (artifact_id, blob_id)
        where l.artifact_id = c.artifact_id and l.blob_id = c.blob_id and ${unused} returning l.blob_id`
      return dropped.length
    })
  }

  async #dropUploadLinks(): Promise<number> {
    return (await this.#parts.database.sql`delete from upload_links where created_at < ${this.#old} returning blob_id`).length
  }

  #claimBlobs(): Promise<{ sizeBytes: number }[]> {
    const { database, transaction } = this.#parts
    const unused = sql`b.touched_at < ${this.#old}
      and not exists (select 1 from artifact_blobs l where l.blob_id = b.id)
      and not exists (select 1 from upload_links u where u.blob_id = b.id)
      and not exists (select 1 from blob_holds h where h.blob_id = b.id)
      and not exists (select 1 from manifest_blobs e where e.blob_id = b.id)
      and not exists (select 1 from blob_digests d where d.blob_id = b.id and d.algorithm = 'sha256' and d.digest = ${emptyHex})`
    return transaction.run(async () => {
      const claimed = await database.sql<{ id: string }>`
        select b.id from blobs b where ${unused} order by b.touched_at limit ${batchSize} for update skip locked`
      const ids = claimed.map(({ id }) => id)
      return database.sql<{ sizeBytes: number }>`
        with gone as (delete from blobs b where b.id = any(${ids}) and ${unused} returning b.storage_key, b.size_bytes),
        noted as (insert into garbage (storage_key) select storage_key from gone)
        select size_bytes as "sizeBytes" from gone`
    })
  }

  /** Also finishes what a killed collector had claimed. */
  async #emptyGarbage(): Promise<void> {
    const { database, driver } = this.#parts
    await this.#untilEmpty(async () => {
      const rows = await database.sql<{ storageKey: string }>`select storage_key as "storageKey" from garbage limit ${batchSize}`
      for (const { storageKey } of rows) await driver.remove(storageKey)
      const keys = rows.map(({ storageKey }) => storageKey)
      await database.sql`delete from garbage where storage_key = any(${keys})`
      return rows.length
    })
  }

  /** Bytes whose row was never committed: a kill between the rename and the transaction, or an upload without a session. */
  async #dropOrphans(): Promise<number> {
    const { driver, graceSeconds, live } = this.#parts
    const oldest = Date.now() - graceSeconds * 1_000
    let batch: { kind: 'copy' | 'upload'; key: string }[] = []
    let dropped = 0
    for await (const { kind, key, modifiedAt } of driver.list()) {
      if (modifiedAt.getTime() > oldest || live.has(key)) continue
      batch.push({ kind, key })
      if (batch.length < batchSize) continue
      dropped += await this.#dropUnknown(batch)
      batch = []
    }
    return dropped + (await this.#dropUnknown(batch))
  }

  async #dropUnknown(found: readonly { kind: 'copy' | 'upload'; key: string }[]): Promise<number> {
    if (found.length === 0) return 0
    const { database, driver } = this.#parts
    const keys = found.map(({ key }) => key)
    const rows = await database.sql<{ key: string }>`
      select storage_key as key from blobs where storage_key = any(${keys})
      union all select id::text from upload_sessions where id::text = any(${keys})`
    const known = new Set(rows.map(({ key }) => key))
    const unknown = found.filter(({ key }) => !known.has(key))
    for (const { kind, key } of unknown) await (kind === 'copy' ? driver.remove(key) : driver.abort(key))
    return unknown.length
  }
}
