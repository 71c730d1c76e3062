import { isDomainError } from '../../shared/errors/domain-error.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import { type BlobPlace, placeBlob } from './blob-place.ts'
import {
  type BlobDigest,
  type BlobRow,
  type BlobWrite,
  insertDigest,
  insertNewBlob,
  replaceStorageKey,
  touchBlob,
  writeBlob,
} from './blobs.queries.ts'
import type { BlobDriver, StoredBlob } from './contract.ts'
import { BlobCollected, DigestMismatch, SizeMismatch } from './errors.ts'
import type { ContentHash } from './hashing.ts'
import type { LiveKeys } from './live-keys.ts'
import type { Quotas } from './quota.service.ts'
import { hasSqlState, uniqueViolation } from './sql-state.ts'

/** Bytes that are durable and verified, and that no row knows yet. */
export interface Arrived {
  /** Of the copy, should one be made. */
  readonly storageKey: string
  readonly sizeBytes: number
  readonly digests: readonly BlobDigest[]
  readonly place: BlobPlace | undefined
  /** What refers to it is committed before anybody hears of it. */
  readonly committedLater?: boolean | undefined
  /** They are the copy already, and nothing is to settle. */
  readonly inPlace?: true
  /** Makes them the copy. */
  readonly settle: () => Promise<void>
  readonly drop: () => Promise<void>
}

export type Verified = Pick<Arrived, 'sizeBytes' | 'digests'> & { readonly digest: string }

/** Throws `artifacts.size_mismatch`, `artifacts.digest_mismatch`. */
export function verify(
  hash: ContentHash,
  { wanted, sizeBytes }: { readonly wanted: BlobDigest | undefined; readonly sizeBytes?: number | undefined },
): Verified {
  if (sizeBytes !== undefined && sizeBytes !== hash.sizeBytes) throw new SizeMismatch(sizeBytes, hash.sizeBytes)
  const digests = hash.digests()
  const computed = digests.get(wanted?.algorithm ?? 'sha256') ?? ''
  const digest = `${wanted?.algorithm ?? 'sha256'}:${computed}`
  if (wanted && wanted.hex !== computed) throw new DigestMismatch(`${wanted.algorithm}:${wanted.hex}`, digest)
  return { digest, sizeBytes: hash.sizeBytes, digests: [...digests].map(([algorithm, hex]) => ({ algorithm, hex })) }
}

export interface BlobEntryParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly driver: BlobDriver
  readonly quotas: Quotas
  readonly live: LiveKeys
}

/** Makes arrived bytes a blob: a new one, or the one that has these bytes already. */
export class BlobEntries {
  readonly #parts: BlobEntryParts

  constructor(parts: BlobEntryParts) {
    this.#parts = parts
  }

  async enter(arrived: Arrived & Verified): Promise<StoredBlob> {
    const blob = (await this.#addFirst(arrived)) ?? (await this.#reuse(arrived)) ?? (await this.#add(arrived))
    return { id: blob.id, digest: arrived.digest, sizeBytes: blob.sizeBytes }
  }

  /** What publishers send is rarely there already: one statement finds out and writes it. */
  async #addFirst({
    digests: [digest, ...more],
    inPlace,
    committedLater,
    place,
    storageKey,
    sizeBytes,
  }: Arrived): Promise<BlobRow | undefined> {
    const { database, live, transaction } = this.#parts
    if (!digest || more.length > 0 || !inPlace || !committedLater || place || transaction.active) return undefined
    const row = { id: uuidv7(), sizeBytes, storageKey }
    return (await live.hold('copy', storageKey, () => insertNewBlob(database, row, digest))) ? row : undefined
  }

  async #reuse(arrived: Arrived): Promise<BlobRow | undefined> {
    const { driver } = this.#parts
    const { digests, place } = arrived
    const known = await firstOf(digests, (digest) => this.touch(digest))
    if (!known) return undefined
    await this.#nameAlso(known, digests)
    if ((await driver.size(known.storageKey)) === known.sizeBytes) await arrived.drop()
    else await this.#heal(arrived, known)
    if (place) await placeBlob(this.#parts, place, { blob: known, digests: [] })
    return known
  }

  /** It is asked for by any digest it was pushed under. */
  async #nameAlso(blob: BlobRow, digests: readonly BlobDigest[]): Promise<void> {
    if (digests.length > 1) for (const digest of digests) await insertDigest(this.#parts.database, blob.id, digest)
  }

  touch(digest: BlobDigest): Promise<BlobRow | undefined> {
    const { database, transaction } = this.#parts
    return touchBlob(database, { ...digest, alone: !transaction.active })
  }

  /** The stored copy is gone or cut: what was just pushed replaces it. */
  async #heal({ storageKey, settle }: Arrived, known: BlobRow): Promise<void> {
    const { database, live } = this.#parts
    await live.hold('copy', storageKey, async () => {
      await settle()
      await replaceStorageKey(database, known.id, storageKey)
    })
  }

  async #add({ storageKey, sizeBytes, digests, place, settle, committedLater }: Arrived): Promise<BlobRow> {
    const { driver, live, transaction } = this.#parts
    const row = { id: uuidv7(), sizeBytes, storageKey }
    return live.hold('copy', row.storageKey, async () => {
      await settle()
      try {
        await this.#write({ blob: row, digests, committedLater: committedLater === true && !transaction.active }, place)
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
    const winner = await firstOf(digests, (digest) => this.touch(digest))
    if (!winner) throw new BlobCollected()
    await this.#nameAlso(winner, digests)
    if (place) await placeBlob(this.#parts, place, { blob: winner, digests: [] })
    return winner
  }

  #write(write: BlobWrite, place: BlobPlace | undefined): Promise<void> {
    return place ? placeBlob(this.#parts, place, write) : writeBlob(this.#parts.database, write)
  }
}

async function firstOf<T, R>(items: readonly T[], find: (item: T) => Promise<R | undefined>): Promise<R | undefined> {
  for (const item of items) {
    const found = await find(item)
    if (found !== undefined) return found
  }
  return undefined
}
