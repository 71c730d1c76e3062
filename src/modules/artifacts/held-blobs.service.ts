import type { Database } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { BlobContent, BlobDriver, StoredBlob } from './contract.ts'
import { BlobCollected, BlobMissing } from './errors.ts'
import type { HeldBlobs } from './held-blobs.contract.ts'
import { foreignKeyViolation, hasSqlState } from './sql-state.ts'

/** Rows that keep the collector away from a blob. */
export class BlobHolds implements HeldBlobs {
  readonly #parts: { readonly database: Database; readonly driver: BlobDriver }

  constructor(parts: { readonly database: Database; readonly driver: BlobDriver }) {
    this.#parts = parts
  }

  async hold(blob: StoredBlob, until: Date): Promise<string> {
    const id = uuidv7()
    try {
      await this.#parts.database.sql`insert into blob_holds (id, blob_id, held_until) values (${id}, ${blob.id}, ${until})`
    } catch (error) {
      throw hasSqlState(error, foreignKeyViolation) ? new BlobCollected() : error
    }
    return id
  }

  async open(holdId: string): Promise<BlobContent | undefined> {
    const { database, driver } = this.#parts
    const [row] = await database.sql<StoredBlob & { storageKey: string }>`
      select b.id, d.algorithm || ':' || d.digest as digest, b.size_bytes as "sizeBytes", b.storage_key as "storageKey"
      from blob_holds h join blobs b on b.id = h.blob_id join blob_digests d on d.blob_id = b.id and d.algorithm = 'sha256'
      where h.id = ${holdId} and h.held_until > now()`
    if (!row) return undefined
    const { storageKey, ...blob } = row
    return {
      ...blob,
      async read(range) {
        if ((await driver.size(storageKey)) !== blob.sizeBytes) throw new BlobMissing()
        return driver.read(storageKey, range)
      },
    }
  }

  async release(holdId: string): Promise<void> {
    await this.#parts.database.sql`delete from blob_holds where id = ${holdId}`
  }
}
