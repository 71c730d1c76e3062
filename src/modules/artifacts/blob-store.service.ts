import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Slots } from '../../shared/kernel/slots.ts'
import { parseDigest } from '../../shared/types/digest.ts'
import type { Located } from '../metadata/contract.ts'
import { BlobEntries, type Verified, verify } from './blob-entries.ts'
import type { BlobPlace } from './blob-place.ts'
import { type BlobDigest, type BlobRow, digestsOf, findLinkedBlob, linkBlobs, unlinkBlob } from './blobs.queries.ts'
import type { BlobContent, BlobDriver, BlobLocation, BlobPresentation, Blobs, StoredBlob } from './contract.ts'
import { BlobCollected, BlobInUse, BlobMissing, BlobUnknown, InvalidDigest, UploadTooLarge } from './errors.ts'
import { ContentHash, type HashAlgorithm, hashed } from './hashing.ts'
import type { LiveKeys } from './live-keys.ts'
import type { Quotas } from './quota.service.ts'
import { foreignKeyViolation, hasSqlState } from './sql-state.ts'

export interface BlobStoreParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly driver: BlobDriver
  readonly caches: LocalCaches
  readonly quotas: Quotas
  readonly slots: Slots
  readonly live: LiveKeys
  readonly maxBytes: number
  readonly graceSeconds: number
}

/** So much may come as one piece that is begun again when it is cut. */
const smallBytes = 8_388_608

interface Arriving {
  readonly wanted: BlobDigest | undefined
  readonly sizeBytes: number | undefined
  readonly maxBytes: number
  readonly place: BlobPlace | undefined
  readonly committedLater: boolean
}

export interface ExpectedBlob {
  readonly digest?: string
  readonly sizeBytes?: number
  /** Where it may not be as large as anywhere. */
  readonly maxBytes?: number
  /** Links it there, in the transaction that makes it known. */
  readonly place?: BlobPlace
  readonly committedLater?: true
}

export class BlobStore implements Blobs {
  readonly #parts: BlobStoreParts
  readonly #linked: LocalCache<BlobRow>
  readonly #entries: BlobEntries

  constructor(parts: BlobStoreParts) {
    this.#parts = parts
    this.#entries = new BlobEntries(parts)
    // What was found may be answered again for as long as the grace period of its link surely lasts.
    const ttlMs = Math.min(30_000, parts.graceSeconds * 250)
    this.#linked = parts.caches.create<BlobRow>({ name: 'artifacts.linked-blobs', maxEntries: 20_000, ttlMs })
  }

  async store(body: Readable, expected: ExpectedBlob = {}): Promise<StoredBlob> {
    const { slots, live } = this.#parts
    const { digest, sizeBytes, place, maxBytes = this.#parts.maxBytes } = expected
    const wanted = digest === undefined ? undefined : digestOf(digest)
    if (sizeBytes !== undefined && sizeBytes > maxBytes) throw new UploadTooLarge(maxBytes)
    const key = randomUUID()
    const arriving = { wanted, sizeBytes, maxBytes, place, committedLater: expected.committedLater === true }
    return slots.use(() =>
      isSmall(sizeBytes)
        ? live.hold('copy', key, () => this.#receiveSmall(key, body, arriving))
        : live.hold('upload', key, () => this.#receive(key, body, arriving)),
    )
  }

  /** A file or an object that is written once: nobody resumes what is this short. */
  async #receiveSmall(storageKey: string, body: Readable, { wanted, sizeBytes, maxBytes, ...rest }: Arriving): Promise<StoredBlob> {
    const { driver } = this.#parts
    const hash = new ContentHash(wanted?.algorithm)
    await driver.store(storageKey, hashed(body, hash, maxBytes))
    const drop = () => driver.remove(storageKey)
    let verified: Verified
    try {
      verified = verify(hash, { wanted, sizeBytes })
    } catch (error) {
      await drop()
      throw error
    }
    return this.#entries.enter({ ...verified, ...rest, storageKey, inPlace: true, settle: async () => undefined, drop })
  }

  async #receive(uploadKey: string, body: Readable, { wanted, sizeBytes, maxBytes, place, committedLater }: Arriving): Promise<StoredBlob> {
    const { driver } = this.#parts
    const hash = new ContentHash(wanted?.algorithm)
    try {
      await driver.append(uploadKey, 0, hashed(body, hash, maxBytes))
      return await this.keep(uploadKey, hash, { wanted, sizeBytes, committedLater, ...(place && { place }) })
    } catch (error) {
      await driver.abort(uploadKey)
      throw error
    }
  }

  /** Turns a durable upload into a blob, or drops it when its bytes are stored already. */
  async keep(
    uploadKey: string,
    hash: ContentHash,
    { wanted, sizeBytes, storageKey = randomUUID(), place, committedLater }: KeepOptions,
  ): Promise<StoredBlob> {
    const { driver } = this.#parts
    return this.#entries.enter({
      ...verify(hash, { wanted, sizeBytes }),
      ...{ storageKey, place, committedLater },
      settle: () => driver.commit(uploadKey, storageKey),
      drop: () => driver.abort(uploadKey),
    })
  }

  /**
   * What became of a `keep` with that `storageKey` that was cut short: the blob, or `undefined` when neither it nor the copy is there. The copy is
   * read like a new upload, because the collector may be about to remove it.
   */
  async recover(storageKey: string, wanted: BlobDigest): Promise<StoredBlob | undefined> {
    const { driver, live } = this.#parts
    const known = await this.#entries.touch(wanted)
    const found = known && { id: known.id, digest: `${wanted.algorithm}:${wanted.hex}`, sizeBytes: known.sizeBytes }
    if (known && (await driver.size(known.storageKey)) === known.sizeBytes) return found
    const sizeBytes = await driver.size(storageKey)
    if (sizeBytes === undefined) return found
    const uploadKey = randomUUID()
    const expected = { wanted, sizeBytes, maxBytes: sizeBytes, place: undefined, committedLater: false }
    return live.hold('upload', uploadKey, async () => this.#receive(uploadKey, await driver.read(storageKey), expected))
  }

  /** The blob of that digest, stored from `content` when it is not there. */
  async known(digest: string, content: () => Readable): Promise<StoredBlob> {
    const row = await this.#entries.touch(digestOf(digest))
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

/** Whether a body of that length is stored without a session to resume it in. */
export const isSmall = (sizeBytes: number | undefined): boolean => sizeBytes !== undefined && sizeBytes <= smallBytes

interface KeepOptions {
  readonly wanted: BlobDigest | undefined
  readonly sizeBytes?: number | undefined
  readonly storageKey?: string
  readonly place?: BlobPlace
  readonly committedLater?: boolean
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
