import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { isDomainError } from '../../shared/errors/domain-error.ts'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { parseDigest } from '../../shared/types/digest.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Located } from '../metadata/contract.ts'
import { type BlobPlace, placeBlob } from './blob-place.ts'
import {
  type BlobDigest,
  type BlobRow,
  digestsOf,
  findLinkedBlob,
  insertDigest,
  linkBlobs,
  replaceStorageKey,
  touchBlob,
  unlinkBlob,
  writeBlob,
} from './blobs.queries.ts'
import type { BlobContent, BlobDriver, BlobLocation, BlobPresentation, Blobs, StoredBlob } from './contract.ts'
import {
  BlobCollected,
  BlobInUse,
  BlobMissing,
  BlobUnknown,
  DigestMismatch,
  InvalidDigest,
  SizeMismatch,
  UploadTooLarge,
} from './errors.ts'
import { ContentHash, type HashAlgorithm, hashed } from './hashing.ts'
import type { LiveKeys } from './live-keys.ts'
import type { Quotas } from './quota.service.ts'
import { foreignKeyViolation, hasSqlState, uniqueViolation } from './sql-state.ts'
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
  readonly graceSeconds: number
}

interface KeptUpload {
  readonly uploadKey: string
  /** Of the copy, should one be made. */
  readonly storageKey: string
  readonly sizeBytes: number
  readonly digests: readonly BlobDigest[]
  readonly place: BlobPlace | undefined
}

export interface ExpectedBlob {
  readonly digest?: string
  readonly sizeBytes?: number
  /** Links it there, in the transaction that makes it known. */
  readonly place?: BlobPlace
}

export class BlobStore implements Blobs {
  readonly #parts: BlobStoreParts
  readonly #linked: LocalCache<BlobRow>

  constructor(parts: BlobStoreParts) {
    this.#parts = parts
    // What was found may be answered again for as long as the grace period of its link surely lasts.
    const ttlMs = Math.min(30_000, parts.graceSeconds * 250)
    this.#linked = parts.caches.create<BlobRow>({ name: 'artifacts.linked-blobs', maxEntries: 20_000, ttlMs })
  }

  async store(body: Readable, expected: ExpectedBlob = {}): Promise<StoredBlob> {
    const { slots, live, maxBytes } = this.#parts
    const { digest, sizeBytes, place } = expected
    const wanted = digest === undefined ? undefined : digestOf(digest)
    if (sizeBytes !== undefined && sizeBytes > maxBytes) throw new UploadTooLarge(maxBytes)
    const uploadKey = randomUUID()
    return slots.use(() => live.hold('upload', uploadKey, () => this.#receive(uploadKey, body, { wanted, sizeBytes, maxBytes, place })))
  }

  async #receive(
    uploadKey: string,
    body: Readable,
    expected: { wanted: BlobDigest | undefined; sizeBytes: number | undefined; maxBytes: number; place: BlobPlace | undefined },
  ): Promise<StoredBlob> {
    const { driver } = this.#parts
    const { wanted, sizeBytes, maxBytes, place } = expected
    const hash = new ContentHash(wanted?.algorithm)
    try {
      await driver.append(uploadKey, 0, hashed(body, hash, maxBytes))
      if (sizeBytes !== undefined && sizeBytes !== hash.sizeBytes) throw new SizeMismatch(sizeBytes, hash.sizeBytes)
      return await this.keep(uploadKey, hash, { wanted, ...(place && { place }) })
    } catch (error) {
      await driver.abort(uploadKey)
      throw error
    }
  }

  /** Turns a durable upload into a blob, or drops it when its bytes are stored already. */
  async keep(uploadKey: string, hash: ContentHash, { wanted, storageKey = randomUUID(), place }: KeepOptions): Promise<StoredBlob> {
    const digests = hash.digests()
    const computed = digests.get(wanted?.algorithm ?? 'sha256') ?? ''
    const digest = `${wanted?.algorithm ?? 'sha256'}:${computed}`
    if (wanted && wanted.hex !== computed) throw new DigestMismatch(`${wanted.algorithm}:${wanted.hex}`, digest)
    const all = [...digests].map(([algorithm, hex]) => ({ algorithm, hex }))
    const upload = { uploadKey, storageKey, sizeBytes: hash.sizeBytes, digests: all, place }
    const blob = (await this.#reuse(upload)) ?? (await this.#add(upload))
    return { id: blob.id, digest, sizeBytes: blob.sizeBytes }
  }

  /**
   * What became of a `keep` with that `storageKey` that was cut short: the blob, or `undefined` when neither it nor the copy is there. The copy is
   * read like a new upload, because the collector may be about to remove it.
   */
  async recover(storageKey: string, wanted: BlobDigest): Promise<StoredBlob | undefined> {
    const { driver, live } = this.#parts
    const known = await this.#touch(wanted)
    const found = known && { id: known.id, digest: `${wanted.algorithm}:${wanted.hex}`, sizeBytes: known.sizeBytes }
    if (known && (await driver.size(known.storageKey)) === known.sizeBytes) return found
    const sizeBytes = await driver.size(storageKey)
    if (sizeBytes === undefined) return found
    const uploadKey = randomUUID()
    const expected = { wanted, sizeBytes, maxBytes: sizeBytes, place: undefined }
    return live.hold('upload', uploadKey, async () => this.#receive(uploadKey, await driver.read(storageKey), expected))
  }

  async #reuse({ uploadKey, storageKey, digests, place }: KeptUpload): Promise<BlobRow | undefined> {
    const { database, driver } = this.#parts
    const known = await firstOf(digests, (digest) => this.#touch(digest))
    if (!known) return undefined
    if (digests.length > 1) for (const digest of digests) await insertDigest(database, known.id, digest)
    if ((await driver.size(known.storageKey)) === known.sizeBytes) await driver.abort(uploadKey)
    else await this.#heal({ uploadKey, storageKey }, known)
    if (place) await placeBlob(this.#parts, place, { blob: known, digests: [] })
    return known
  }

  #touch(digest: BlobDigest): Promise<BlobRow | undefined> {
    const { database, transaction } = this.#parts
    return touchBlob(database, { ...digest, alone: !transaction.active })
  }

  /** The stored copy is gone or cut: what was just pushed replaces it. */
  async #heal({ uploadKey, storageKey }: Pick<KeptUpload, 'uploadKey' | 'storageKey'>, known: BlobRow): Promise<void> {
    const { driver, database, live } = this.#parts
    await live.hold('copy', storageKey, async () => {
      await driver.commit(uploadKey, storageKey)
      await replaceStorageKey(database, known.id, storageKey)
    })
  }

  async #add({ uploadKey, storageKey, sizeBytes, digests, place }: KeptUpload): Promise<BlobRow> {
    const { driver, live } = this.#parts
    const row = { id: uuidv7(), sizeBytes, storageKey }
    return live.hold('copy', row.storageKey, async () => {
      await driver.commit(uploadKey, row.storageKey)
      try {
        await this.#write(row, digests, place)
        return row
      } catch (error) {
        const isTaken = hasSqlState(error, uniqueViolation)
        // After any other failure the row may have been committed all the same; then the copy is needed, else it is an orphan.
        if (isTaken || isDomainError(error)) await driver.remove(row.storageKey)
        if (!isTaken) throw error
      }
      return this.#takeWinner(digests, place)
    })
  }

  async #takeWinner(digests: readonly BlobDigest[], place: BlobPlace | undefined): Promise<BlobRow> {
    const winner = await firstOf(digests, (digest) => this.#touch(digest))
    if (!winner) throw new BlobCollected()
    if (place) await placeBlob(this.#parts, place, { blob: winner, digests: [] })
    return winner
  }

  #write(blob: BlobRow, digests: readonly BlobDigest[], place: BlobPlace | undefined): Promise<void> {
    return place ? placeBlob(this.#parts, place, { blob, digests }) : writeBlob(this.#parts.database, { blob, digests })
  }

  /** The blob of that digest, stored from `content` when it is not there. */
  async known(digest: string, content: () => Readable): Promise<StoredBlob> {
    const row = await this.#touch(digestOf(digest))
    return row ? { id: row.id, digest, sizeBytes: row.sizeBytes } : this.store(content(), { digest })
  }

  async open(artifactId: string, digest: string): Promise<BlobContent | undefined> {
    const wanted = digestOf(digest)
    const { database, graceSeconds } = this.#parts
    const key = keyOf(artifactId, digest)
    const find = () => findLinkedBlob(database, artifactId, { ...wanted, graceSeconds })
    const row = await this.#linked.get(key, find)
    if (!row) return undefined
    const current = async <T>(use: (copy: BlobRow) => Promise<T>): Promise<T> => {
      try {
        return await use(row)
      } catch (error) {
        if (!(error instanceof BlobMissing)) throw error
        // A healed blob has another copy than the one remembered here.
        this.#linked.invalidate(key)
        const healed = await find()
        if (!healed) throw new BlobUnknown(digest)
        if (healed.storageKey === row.storageKey) throw error
        return use(healed)
      }
    }
    return {
      ...{ id: row.id, digest, sizeBytes: row.sizeBytes },
      read: (range) => current((copy) => this.#read(copy, range)),
      locate: (as) => current((copy) => this.#locate(copy, as)),
    }
  }

  /** A copy of another length than its row says is as good as none (D-3). */
  async #read(copy: BlobRow, range: Parameters<BlobContent['read']>[0]): Promise<Readable> {
    await this.#check(copy)
    return this.#parts.driver.read(copy.storageKey, range)
  }

  async #locate(copy: BlobRow, as: BlobPresentation): Promise<BlobLocation | undefined> {
    const location = await this.#parts.driver.locate?.(copy.storageKey, as)
    if (location) await this.#check(copy)
    return location
  }

  async #check({ storageKey, sizeBytes }: BlobRow): Promise<void> {
    if ((await this.#parts.driver.size(storageKey)) !== sizeBytes) throw new BlobMissing()
  }

  async link({ artifact, namespace }: Located, blobs: readonly StoredBlob[]): Promise<void> {
    const { database, transaction, quotas } = this.#parts
    const ids = blobs.map(({ id }) => id)
    const write = () => linkBlobs(database, { artifactId: artifact.id, namespaceId: namespace.id }, ids).catch(translateCollected)
    if (namespace.settings.quotaBytes === undefined) return write()
    await transaction.run(async () => {
      await quotas.admit(namespace, blobs)
      await write()
    })
  }

  /** Throws `artifacts.blob_unknown`, `artifacts.blob_in_use`. */
  async unlink(artifactId: string, digest: string): Promise<void> {
    const { database, transaction } = this.#parts
    const blob = await this.open(artifactId, digest)
    if (!blob) throw new BlobUnknown(digest)
    await transaction.run(async () => {
      const outcome = await unlinkBlob(database, artifactId, blob.id)
      if (outcome === 'in-use') throw new BlobInUse()
      // It was linked under another digest of the same bytes, too.
      for (const name of await digestsOf(database, blob.id)) this.#linked.invalidate(keyOf(artifactId, name))
      if (outcome === 'absent') throw new BlobUnknown(digest)
    })
  }
}

const keyOf = (artifactId: string, digest: string): string => `${artifactId}/${digest}`

interface KeepOptions {
  readonly wanted: BlobDigest | undefined
  readonly storageKey?: string
  readonly place?: BlobPlace
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
