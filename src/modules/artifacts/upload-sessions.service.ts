import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { LRUCache } from 'lru-cache'
import { isDomainError } from '../../shared/errors/domain-error.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Slots } from '../../shared/kernel/slots.ts'
import { uuidForm } from '../../shared/types/uuidv7.ts'
import type { Catalog } from '../metadata/contract.ts'
import { type BlobPlace, placeBlob } from './blob-place.ts'
import { type BlobStore, digestOf, isSmall } from './blob-store.service.ts'
import type { BlobDigest } from './blobs.queries.ts'
import type { BlobDriver, FinishedUpload, StoredBlob, UploadChunk, UploadSession, Uploads } from './contract.ts'
import { QuotaExceeded, SizeMismatch, UploadBusy, UploadTooLarge, UploadUnknown, WrongOffset } from './errors.ts'
import { ContentHash, type HashAlgorithm, hashed, hashUpload } from './hashing.ts'
import type { Quotas } from './quota.service.ts'
import type { ArtifactsSettings } from './settings.ts'
import { keepForPublish } from './upload-links.ts'
import { placeOf, type UploadTarget, uploadTarget } from './upload-place.ts'
import { type SessionRow, UploadSessionRows } from './upload-session-rows.ts'
import { withinQuota } from './within-quota.ts'

export interface UploadSessionParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly driver: BlobDriver
  readonly blobs: BlobStore
  readonly catalog: Catalog
  readonly quotas: Quotas
  readonly slots: Slots
  readonly settings: ArtifactsSettings
}

interface OwnSession {
  readonly row: SessionRow
  readonly target: UploadTarget
  readonly place: BlobPlace | undefined
}

// A session that needs another algorithm than sha256 at the end is hashed again from the disk.
const runningAlgorithm: HashAlgorithm = 'sha256'

/** Sessions are rows, their bytes are an unfinished upload of the driver, and the offset is what the driver has: nothing to lose in a kill (D-11). */
export class UploadSessions implements Uploads {
  readonly #parts: UploadSessionParts
  /** What is forgotten is hashed again from the disk. */
  readonly #hashes = new LRUCache<string, ContentHash>({ max: 10_000 })
  readonly #busy = new Set<string>()

  readonly #rows: UploadSessionRows

  constructor(parts: UploadSessionParts) {
    this.#parts = parts
    this.#rows = new UploadSessionRows(parts.database, parts.settings.uploadIdleHours * 3_600)
  }

  async open(principal: Principal, target: Parameters<Uploads['open']>[1], expectedBytes = 0): Promise<UploadSession> {
    const { catalog, quotas, settings } = this.#parts
    if (expectedBytes > settings.maxSessionSize) throw new UploadTooLarge(settings.maxSessionSize)
    const { namespace } = await uploadTarget(catalog, principal, target)
    // Nobody publishes anonymously, so the catalog has refused a caller without an id.
    const { userId } = principal
    if (userId === undefined) throw new UploadUnknown()
    const place = { namespaceId: namespace.id, namespace: namespace.name, name: target.name, format: target.format ?? null }
    const session = { id: randomUUID(), userId, ...place, reservedBytes: expectedBytes }
    const row = await quotas.reserve(namespace, expectedBytes, (alone) => this.#rows.insert(session, alone))
    return viewOf(row, 0)
  }

  async status(principal: Principal, id: string): Promise<UploadSession> {
    return this.#describe((await this.#own(principal, id)).row)
  }

  async append(principal: Principal, id: string, chunk: UploadChunk): Promise<UploadSession> {
    const own = await this.#own(principal, id)
    await this.#append(own, chunk)
    return this.#describe(own.row)
  }

  #append(own: OwnSession, chunk: UploadChunk, wanted?: BlobDigest): Promise<void> {
    return this.#exclusively(own.row.id, () => this.#parts.slots.use(() => this.#write(own, chunk, wanted)))
  }

  async finish(principal: Principal, id: string, { digest, rest }: Parameters<Uploads['finish']>[2]): Promise<FinishedUpload> {
    const wanted = digestOf(digest)
    const own = await this.#own(principal, id)
    if (rest && own.place && (await this.#isUntouched(own.row, rest))) return this.#finishAtOnce(own, wanted, rest)
    // Bytes of a repetition are stored already: read, so that the answer gets through, and dropped.
    if (rest && (await this.#isCut(own.row, digest))) rest.body.resume()
    else if (rest) await this.#append(own, rest, wanted)
    return this.#exclusively(id, async () => {
      try {
        const blob = (await this.#recovered(own.row, digest)) ?? (await this.#keep(id, wanted))
        await this.#settle(own, blob)
        return finishedAs(own.row, blob)
      } catch (error) {
        return this.#abandon(id, error)
      }
    })
  }

  /** A wrong digest or a full quota will not come right; anything else may. */
  async #abandon(id: string, error: unknown): Promise<never> {
    if (isDomainError(error) && (error.kind === 'invalid' || error.kind === 'forbidden')) await this.#discard(id)
    throw error
  }

  /**
   * Whether the whole blob comes with the last request. It can come again after a kill, so there is nothing to write down before its rows, which
   * end the session as they are committed.
   */
  async #isUntouched({ id, finishingDigest }: SessionRow, { start = 0 }: UploadChunk): Promise<boolean> {
    return start === 0 && finishingDigest === null && !this.#hashes.has(id) && (await this.#parts.driver.uploadSize(id)) === 0
  }

  #finishAtOnce(own: OwnSession, wanted: BlobDigest, content: UploadChunk): Promise<FinishedUpload> {
    const { row } = own
    return this.#exclusively(row.id, async () => {
      const blob = await (isSmall(content.sizeBytes) ? this.#storeSmall(own, wanted, content) : this.#storeLarge(own, wanted, content))
      this.#rows.forget(row.id)
      return finishedAs(row, blob)
    })
  }

  async #storeSmall({ row, target, place }: OwnSession, wanted: BlobDigest, { body, sizeBytes }: UploadChunk): Promise<StoredBlob> {
    const expected = { digest: `${wanted.algorithm}:${wanted.hex}`, maxBytes: this.#maxBytes(row, target) }
    try {
      return await this.#parts.blobs.store(body, {
        ...expected,
        ...(sizeBytes !== undefined && { sizeBytes }),
        ...(place && { place }),
      })
    } catch (error) {
      return this.#abandon(row.id, error)
    }
  }

  /** What arrives before a cut stays in the session. */
  async #storeLarge(own: OwnSession, wanted: BlobDigest, chunk: UploadChunk): Promise<StoredBlob> {
    const { blobs, slots } = this.#parts
    const { sizeBytes } = chunk
    const hash = new ContentHash(wanted.algorithm)
    await slots.use(() => this.#receive(own, chunk, { hash, wanted }))
    if (sizeBytes !== undefined && sizeBytes !== hash.sizeBytes) throw new SizeMismatch(sizeBytes, hash.sizeBytes)
    try {
      return await blobs.keep(own.row.id, hash, { wanted, ...(own.place && { place: own.place }) })
    } catch (error) {
      return this.#abandon(own.row.id, error)
    }
  }

  async cancel(principal: Principal, id: string): Promise<void> {
    await this.#own(principal, id)
    await this.#exclusively(id, () => this.#discard(id))
  }

  /** Removes sessions without a byte for `uploadIdleHours`, with their bytes. Returns how many. */
  async expire(): Promise<number> {
    const idle = (await this.#rows.expired(1_000)).filter((id) => !this.#busy.has(id))
    for (const id of idle) await this.#discard(id)
    return idle.length
  }

  async #discard(id: string): Promise<void> {
    this.#hashes.delete(id)
    await this.#parts.driver.abort(id)
    await this.#rows.remove(id)
  }

  async #write(own: OwnSession, chunk: UploadChunk, wanted: BlobDigest | undefined): Promise<void> {
    const { row } = own
    const { start, sizeBytes } = chunk
    const hash = await this.#hashOf(row.id)
    const offset = hash.sizeBytes
    if (start !== undefined && start !== offset) throw new WrongOffset(offset)
    try {
      await this.#receive(own, chunk, { hash, wanted })
    } catch (error) {
      this.#hashes.delete(row.id)
      throw error
    }
    const received = hash.sizeBytes - offset
    if (sizeBytes !== undefined && sizeBytes !== received) throw new SizeMismatch(sizeBytes, received)
  }

  /**
   * A session that does not fit ends, so that it gives back what it has. Bytes that were let in because the namespace has them already are not kept
   * when they do not come to their end: nothing is reserved for them.
   */
  async #receive(
    { row, target }: OwnSession,
    { body, sizeBytes }: UploadChunk,
    { hash, wanted }: { readonly hash: ContentHash; readonly wanted: BlobDigest | undefined },
  ): Promise<void> {
    const { driver, quotas } = this.#parts
    const { id } = row
    const { namespace } = target
    const offset = hash.sizeBytes
    const isPaid = row.reservedBytes > 0 || namespace.settings.quotaBytes === undefined
    const isCounted = !isPaid && wanted !== undefined && (await quotas.isCounted(namespace.id, wanted))
    const admitted = isPaid || isCounted ? body : withinQuota(body, { quotas, namespace, sessionId: id, offset, sizeBytes })
    const bytes = hashed(admitted, hash, this.#maxBytes(row, target))
    try {
      await this.#prolonging(row, () => driver.append(id, offset, bytes))
    } catch (error) {
      if (isCounted || error instanceof QuotaExceeded) await this.#discard(id)
      throw error
    }
  }

  /** Keeps the session while bytes come, and asks the database to only when it may have something to do. */
  async #prolonging<T>({ id, aging }: SessionRow, write: () => Promise<T>): Promise<T> {
    const began = performance.now()
    const everyMs = this.#parts.settings.uploadIdleHours * 3_600 * 300
    const prolonging = setInterval(() => void this.#rows.prolong(id).catch(() => undefined), everyMs)
    try {
      return await write()
    } finally {
      clearInterval(prolonging)
      if (aging || performance.now() - began > everyMs / 10) await this.#rows.prolong(id)
    }
  }

  /** What was announced is all that was reserved. */
  #maxBytes({ reservedBytes }: SessionRow, { namespace }: UploadTarget): number {
    const { maxSessionSize } = this.#parts.settings
    return Math.min(maxSessionSize, reservedBytes > 0 ? reservedBytes : maxSessionSize, namespace.settings.quotaBytes ?? maxSessionSize)
  }

  /** Finishing again, after a kill took the bytes out of the session but left it open (D-11). */
  async #recovered(row: SessionRow, digest: string): Promise<StoredBlob | undefined> {
    if (row.copyKey === null || !(await this.#isCut(row, digest))) return undefined
    return this.#parts.blobs.recover(row.copyKey, digestOf(digest))
  }

  async #isCut({ id, finishingDigest }: SessionRow, digest: string): Promise<boolean> {
    return finishingDigest === digest && (await this.#parts.driver.uploadSize(id)) === 0
  }

  async #keep(id: string, wanted: BlobDigest): Promise<StoredBlob> {
    const { blobs, driver } = this.#parts
    if ((await driver.uploadSize(id)) === 0) await driver.append(id, 0, Readable.from([]))
    const running = await this.#hashOf(id)
    const hash = wanted.algorithm === runningAlgorithm ? running : await hashUpload(driver, id, wanted.algorithm)
    const storageKey = randomUUID()
    // Only what the bytes really are: it is what a repetition is believed.
    if (hash.digests().get(wanted.algorithm) === wanted.hex)
      await this.#rows.finishing(id, { digest: `${wanted.algorithm}:${wanted.hex}`, copyKey: storageKey })
    return blobs.keep(id, hash, { wanted, storageKey })
  }

  /** The reservation becomes a link. */
  async #settle({ row, target, place }: OwnSession, blob: StoredBlob): Promise<void> {
    const { database, transaction, quotas } = this.#parts
    this.#hashes.delete(row.id)
    this.#rows.forget(row.id)
    if (place) return placeBlob(this.#parts, place, { blob: { ...blob, storageKey: '' }, digests: [] })
    await transaction.run(async () => {
      await this.#rows.remove(row.id)
      await quotas.admit(target.namespace, [blob])
      await keepForPublish(database, row, blob.id)
    })
  }

  /** The running hash; rebuilt from what the driver has when this process does not know it or another one wrote meanwhile. */
  async #hashOf(id: string): Promise<ContentHash> {
    const { driver } = this.#parts
    const running = this.#hashes.get(id)
    if (running && running.sizeBytes === (await driver.uploadSize(id))) return running
    const hash = await hashUpload(driver, id, runningAlgorithm)
    this.#hashes.set(id, hash)
    return hash
  }

  async #exclusively<T>(id: string, work: () => Promise<T>): Promise<T> {
    if (this.#busy.has(id)) throw new UploadBusy()
    this.#busy.add(id)
    try {
      return await work()
    } finally {
      this.#busy.delete(id)
    }
  }

  /** A session of somebody else looks like none. */
  async #own(principal: Principal, id: string): Promise<OwnSession> {
    if (!uuidForm.test(id)) throw new UploadUnknown()
    const row = await this.#rows.find(id)
    if (!row || principal.userId !== row.userId) throw new UploadUnknown()
    const { namespace, name, format } = row
    const ref = { namespace, name, ...(format && { format }) }
    const target = await uploadTarget(this.#parts.catalog, principal, ref)
    const place = placeOf(this.#parts.catalog, principal, { ref, target })
    return { row, target, place: place && { ...place, sessionId: id } }
  }

  async #describe(row: SessionRow): Promise<UploadSession> {
    return viewOf(row, await this.#parts.driver.uploadSize(row.id))
  }
}

const viewOf = ({ id, namespace, name, format, expiresAt }: SessionRow, offset: number): UploadSession => ({
  ...{ id, namespace, name, format, expiresAt, offset },
})

const finishedAs = ({ namespace, name }: SessionRow, blob: StoredBlob): FinishedUpload => ({ ...blob, namespace, name })
