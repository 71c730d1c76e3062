import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { parseDigest } from '../../shared/types/digest.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Located } from '../metadata/contract.ts'
import {
  type BlobDigest,
  type BlobRow,
  findLinkedBlob,
  insertBlob,
  insertDigest,
  linkBlobs,
  replaceStorageKey,
  touchBlob,
} from './blobs.queries.ts'
import type { BlobContent, BlobDriver, Blobs, StoredBlob } from './contract.ts'
import { BlobCollected, BlobMissing, BlobUnknown, DigestMismatch, InvalidDigest, SizeMismatch, UploadTooLarge } from './errors.ts'
import { ContentHash, type HashAlgorithm, hashed } from './hashing.ts'
import type { LiveKeys } from './live-keys.ts'
import type { Quotas } from './quota.service.ts'
import { foreignKeyViolation, hasSqlState } from './sql-state.ts'
import type { UploadSlots } from './upload-slots.ts'

export interface BlobStoreParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly driver: BlobDriver
  readonly caches: LocalCaches
  readonly quotas: Quotas
  readonly slots: UploadSlots
  readonly live: LiveKeys
  readonly maxBytes: number
}

interface KeptUpload {
  readonly uploadKey: string
  /** Of the copy, should one be made. */
  readonly storageKey: string
  readonly sizeBytes: number
  readonly digests: readonly BlobDigest[]
}

class DigestTaken extends Error {}

export class BlobStore implements Blobs {
  readonly #parts: BlobStoreParts
  readonly #linked: LocalCache<BlobRow>

  constructor(parts: BlobStoreParts) {
    this.#parts = parts
    this.#linked = parts.caches.create<BlobRow>({ name: 'artifacts.linked-blobs', maxEntries: 20_000, ttlMs: 30_000 })
  }

  async store(body: Readable, expected: { readonly digest?: string; readonly sizeBytes?: number } = {}): Promise<StoredBlob> {
    const { slots, live, maxBytes } = this.#parts
    const { digest, sizeBytes } = expected
    const wanted = digest === undefined ? undefined : digestOf(digest)
    if (sizeBytes !== undefined && sizeBytes > maxBytes) throw new UploadTooLarge(maxBytes)
    const uploadKey = randomUUID()
    return slots.use(() => live.hold('upload', uploadKey, () => this.#receive(uploadKey, body, { wanted, sizeBytes, maxBytes })))
  }

  async #receive(
    uploadKey: string,
    body: Readable,
    expected: { wanted: BlobDigest | undefined; sizeBytes: number | undefined; maxBytes: number },
  ): Promise<StoredBlob> {
    const { driver } = this.#parts
    const { wanted, sizeBytes, maxBytes } = expected
    const hash = new ContentHash(wanted?.algorithm)
    try {
      await driver.append(uploadKey, 0, hashed(body, hash, maxBytes))
      if (sizeBytes !== undefined && sizeBytes !== hash.sizeBytes) throw new SizeMismatch(sizeBytes, hash.sizeBytes)
      return await this.keep(uploadKey, hash, { wanted })
    } catch (error) {
      await driver.abort(uploadKey)
      throw error
    }
  }

  /** Turns a durable upload into a blob, or drops it when its bytes are stored already. */
  async keep(
    uploadKey: string,
    hash: ContentHash,
    { wanted, storageKey = randomUUID() }: { readonly wanted: BlobDigest | undefined; readonly storageKey?: string },
  ): Promise<StoredBlob> {
    const digests = hash.digests()
    const computed = digests.get(wanted?.algorithm ?? 'sha256') ?? ''
    const digest = `${wanted?.algorithm ?? 'sha256'}:${computed}`
    if (wanted && wanted.hex !== computed) throw new DigestMismatch(`${wanted.algorithm}:${wanted.hex}`, digest)
    const all = [...digests].map(([algorithm, hex]) => ({ algorithm, hex }))
    const upload = { uploadKey, storageKey, sizeBytes: hash.sizeBytes, digests: all }
    const blob = (await this.#reuse(upload)) ?? (await this.#add(upload))
    return { id: blob.id, digest, sizeBytes: blob.sizeBytes }
  }

  /**
   * What became of a `keep` with that `storageKey` that was cut short: the blob, or `undefined` when neither it nor the copy is there. The copy is
   * read like a new upload, because the collector may be about to remove it.
   */
  async recover(storageKey: string, wanted: BlobDigest): Promise<StoredBlob | undefined> {
    const { database, driver, live } = this.#parts
    const known = await touchBlob(database, wanted)
    const found = known && { id: known.id, digest: `${wanted.algorithm}:${wanted.hex}`, sizeBytes: known.sizeBytes }
    if (known && (await driver.size(known.storageKey)) === known.sizeBytes) return found
    const sizeBytes = await driver.size(storageKey)
    if (sizeBytes === undefined) return found
    const uploadKey = randomUUID()
    const expected = { wanted, sizeBytes, maxBytes: sizeBytes }
    return live.hold('upload', uploadKey, async () => this.#receive(uploadKey, await driver.read(storageKey), expected))
  }

  async #reuse({ uploadKey, storageKey, digests }: KeptUpload): Promise<BlobRow | undefined> {
    const { database, driver } = this.#parts
    const known = await firstOf(digests, (digest) => touchBlob(database, digest))
    if (!known) return undefined
    for (const digest of digests) await insertDigest(database, known.id, digest)
    if ((await driver.size(known.storageKey)) === known.sizeBytes) await driver.abort(uploadKey)
    else await this.#heal({ uploadKey, storageKey }, known)
    return known
  }

  /** The stored copy is gone or cut: what was just pushed replaces it. */
  async #heal({ uploadKey, storageKey }: Pick<KeptUpload, 'uploadKey' | 'storageKey'>, known: BlobRow): Promise<void> {
    const { driver, database, live } = this.#parts
    await live.hold('copy', storageKey, async () => {
      await driver.commit(uploadKey, storageKey)
      await replaceStorageKey(database, known.id, storageKey)
    })
  }

  async #add({ uploadKey, storageKey, sizeBytes, digests }: KeptUpload): Promise<BlobRow> {
    const { database, driver, live } = this.#parts
    const row = { id: uuidv7(), sizeBytes, storageKey }
    return live.hold('copy', row.storageKey, async () => {
      await driver.commit(uploadKey, row.storageKey)
      try {
        await this.#insert(row, digests)
        return row
      } catch (error) {
        // After any other failure the row may have been committed all the same; then the copy is needed, else it is an orphan.
        if (!(error instanceof DigestTaken)) throw error
        await driver.remove(row.storageKey)
      }
      const winner = await firstOf(digests, (digest) => touchBlob(database, digest))
      if (!winner) throw new BlobCollected()
      return winner
    })
  }

  async #insert(row: BlobRow, digests: readonly BlobDigest[]): Promise<void> {
    const { database, transaction } = this.#parts
    await transaction.run(async () => {
      await insertBlob(database, row)
      for (const digest of digests)
        if (!(await insertDigest(database, row.id, digest))) throw new DigestTaken('the digest was stored meanwhile')
    })
  }

  /** The blob of that digest, stored from `content` when it is not there. */
  async known(digest: string, content: () => Readable): Promise<StoredBlob> {
    const row = await touchBlob(this.#parts.database, digestOf(digest))
    return row ? { id: row.id, digest, sizeBytes: row.sizeBytes } : this.store(content(), { digest })
  }

  async open(artifactId: string, digest: string): Promise<BlobContent | undefined> {
    const wanted = digestOf(digest)
    const { database } = this.#parts
    const key = `${artifactId}/${digest}`
    const find = () => findLinkedBlob(database, artifactId, wanted)
    const row = await this.#linked.get(key, find)
    if (!row) return undefined
    const read: BlobContent['read'] = async (range) => {
      try {
        return await this.#read(row, range)
      } catch (error) {
        if (!(error instanceof BlobMissing)) throw error
        // A healed blob has another copy than the one remembered here.
        this.#linked.invalidate(key)
        const current = await find()
        if (!current) throw new BlobUnknown(digest)
        if (current.storageKey === row.storageKey) throw error
        return this.#read(current, range)
      }
    }
    return { id: row.id, digest, sizeBytes: row.sizeBytes, read }
  }

  /** A copy of another length than its row says is as good as none (D-3). */
  async #read({ storageKey, sizeBytes }: BlobRow, range: Parameters<BlobContent['read']>[0]): Promise<Readable> {
    const { driver } = this.#parts
    if ((await driver.size(storageKey)) !== sizeBytes) throw new BlobMissing()
    return driver.read(storageKey, range)
  }

  async link({ artifact, namespace }: Located, blobs: readonly StoredBlob[]): Promise<void> {
    const { database, transaction, quotas } = this.#parts
    await transaction.run(async () => {
      await quotas.admit(namespace, blobs)
      const ids = blobs.map(({ id }) => id)
      await linkBlobs(database, { artifactId: artifact.id, namespaceId: namespace.id }, ids).catch(translateCollected)
    })
  }
}

/** Strict: anything else never reaches a query. */
export function digestOf(text: string): BlobDigest {
  const parsed = parseDigest(text)
  if (!parsed) throw new InvalidDigest()
  return { algorithm: parsed.algorithm as HashAlgorithm, hex: parsed.hex }
}

function translateCollected(error: unknown): never {
  throw hasSqlState(error, foreignKeyViolation) ? new BlobCollected() : error
}

async function firstOf<T, R>(items: readonly T[], find: (item: T) => Promise<R | undefined>): Promise<R | undefined> {
  for (const item of items) {
    const found = await find(item)
    if (found !== undefined) return found
  }
  return undefined
}
