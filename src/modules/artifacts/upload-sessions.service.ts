import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { isDomainError } from '../../shared/errors/domain-error.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { ArtifactFormat } from '../../shared/types/artifact-type.ts'
import type { Catalog } from '../metadata/contract.ts'
import { type BlobStore, digestOf } from './blob-store.service.ts'
import type { BlobDigest } from './blobs.queries.ts'
import type { BlobDriver, FinishedUpload, StoredBlob, UploadSession, Uploads } from './contract.ts'
import { SizeMismatch, UploadBusy, UploadTooLarge, UploadUnknown, WrongOffset } from './errors.ts'
import { type ContentHash, type HashAlgorithm, hashed, hashUpload } from './hashing.ts'
import type { Quotas } from './quota.service.ts'
import type { ArtifactsSettings } from './settings.ts'
import { keepForPublish } from './upload-links.ts'
import { type UploadTarget, uploadTarget } from './upload-place.ts'
import type { UploadSlots } from './upload-slots.ts'

export interface UploadSessionParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly driver: BlobDriver
  readonly blobs: BlobStore
  readonly catalog: Catalog
  readonly quotas: Quotas
  readonly slots: UploadSlots
  readonly settings: ArtifactsSettings
}

interface SessionRow {
  readonly id: string
  readonly userId: string
  readonly namespaceId: string
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat | null
  readonly reservedBytes: number
  /** What it was being finished as, and where its copy went: all that is left of it when a kill came in between. */
  readonly finishingDigest: string | null
  readonly copyKey: string | null
  readonly expiresAt: string
}

interface OwnSession {
  readonly row: SessionRow
  readonly target: UploadTarget
}

type Chunk = Parameters<Uploads['append']>[2]

// A session that needs another algorithm than sha256 at the end is hashed again from the disk.
const runningAlgorithm: HashAlgorithm = 'sha256'
const idPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Sessions are rows, their bytes are an unfinished upload of the driver, and the offset is what the driver has: nothing to lose in a kill (D-11). */
export class UploadSessions implements Uploads {
  readonly #parts: UploadSessionParts
  readonly #hashes = new Map<string, ContentHash>()
  readonly #busy = new Set<string>()

  constructor(parts: UploadSessionParts) {
    this.#parts = parts
  }

  async open(principal: Principal, target: Parameters<Uploads['open']>[1], expectedBytes = 0): Promise<UploadSession> {
    const { catalog, database, quotas, settings } = this.#parts
    if (expectedBytes > settings.maxSessionSize) throw new UploadTooLarge(settings.maxSessionSize)
    const { namespace } = await uploadTarget(catalog, principal, target)
    const id = randomUUID()
    await quotas.reserve(namespace, expectedBytes, async () => {
      await database.sql`
        insert into upload_sessions (id, user_id, namespace_id, namespace, name, format, reserved_bytes, expires_at)
        values (${id}, ${principal.userId ?? null}, ${namespace.id}, ${namespace.name}, ${target.name}, ${target.format ?? null}, ${expectedBytes},
          now() + make_interval(secs => ${this.#idleSeconds}))`
    })
    return this.status(principal, id)
  }

  async status(principal: Principal, id: string): Promise<UploadSession> {
    return this.#describe((await this.#own(principal, id)).row)
  }

  async append(principal: Principal, id: string, chunk: Chunk): Promise<UploadSession> {
    const own = await this.#own(principal, id)
    await this.#exclusively(id, () => this.#parts.slots.use(() => this.#write(own, chunk)))
    return this.#describe(own.row)
  }

  async finish(principal: Principal, id: string, { digest, rest }: Parameters<Uploads['finish']>[2]): Promise<FinishedUpload> {
    const wanted = digestOf(digest)
    const own = await this.#own(principal, id)
    // Bytes of a repetition are stored already: read, so that the answer gets through, and dropped.
    if (rest && (await this.#isCut(own.row, digest))) rest.body.resume()
    else if (rest) await this.append(principal, id, rest)
    return this.#exclusively(id, async () => {
      try {
        const blob = (await this.#recovered(own.row, digest)) ?? (await this.#keep(id, wanted))
        await this.#settle(own, blob)
        return { ...blob, namespace: own.row.namespace, name: own.row.name }
      } catch (error) {
        // A wrong digest or a full quota will not come right; anything else may.
        if (isDomainError(error) && (error.kind === 'invalid' || error.kind === 'forbidden')) await this.#discard(id)
        throw error
      }
    })
  }

  async cancel(principal: Principal, id: string): Promise<void> {
    await this.#own(principal, id)
    await this.#exclusively(id, () => this.#discard(id))
  }

  /** Removes sessions without a byte for `uploadIdleHours`, with their bytes. Returns how many. */
  async expire(): Promise<number> {
    const rows = await this.#parts.database.sql<{ id: string }>`select id from upload_sessions where expires_at < now() limit 1000`
    const idle = rows.filter(({ id }) => !this.#busy.has(id))
    for (const { id } of idle) await this.#discard(id)
    return idle.length
  }

  async #discard(id: string): Promise<void> {
    this.#hashes.delete(id)
    await this.#parts.driver.abort(id)
    await this.#parts.database.sql`delete from upload_sessions where id = ${id}`
  }

  async #write({ row, target }: OwnSession, { body, start, sizeBytes }: Chunk): Promise<void> {
    const { driver } = this.#parts
    const hash = await this.#hashOf(row.id)
    const offset = hash.sizeBytes
    if (start !== undefined && start !== offset) throw new WrongOffset(offset)
    const prolonging = setInterval(() => void this.#prolong(row.id).catch(() => undefined), this.#idleSeconds * 300)
    try {
      await driver.append(row.id, offset, hashed(body, hash, this.#maxBytes(row, target)))
    } catch (error) {
      this.#hashes.delete(row.id)
      throw error
    } finally {
      clearInterval(prolonging)
      await this.#prolong(row.id)
    }
    const received = hash.sizeBytes - offset
    if (sizeBytes !== undefined && sizeBytes !== received) throw new SizeMismatch(sizeBytes, received)
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
    const { blobs, database, driver } = this.#parts
    if ((await driver.uploadSize(id)) === 0) await driver.append(id, 0, Readable.from([]))
    const running = await this.#hashOf(id)
    const hash = wanted.algorithm === runningAlgorithm ? running : await hashUpload(driver, id, wanted.algorithm)
    const storageKey = randomUUID()
    // Only what the bytes really are: it is what a repetition is believed.
    if (hash.digests().get(wanted.algorithm) === wanted.hex)
      await database.sql`update upload_sessions set finishing_digest = ${`${wanted.algorithm}:${wanted.hex}`}, copy_key = ${storageKey} where id = ${id}`
    return blobs.keep(id, hash, { wanted, storageKey })
  }

  /** The reservation becomes a link. */
  async #settle({ row, target }: OwnSession, blob: StoredBlob): Promise<void> {
    const { database, transaction, blobs, quotas } = this.#parts
    this.#hashes.delete(row.id)
    await transaction.run(async () => {
      await database.sql`delete from upload_sessions where id = ${row.id}`
      if (target.located) await blobs.link(target.located, [blob])
      else {
        await quotas.admit(target.namespace, [blob])
        await keepForPublish(database, row, blob.id)
      }
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
    if (!idPattern.test(id)) throw new UploadUnknown()
    const [row] = await this.#parts.database.sql<SessionRow>`
      select id, user_id as "userId", namespace_id as "namespaceId", namespace, name, format, reserved_bytes as "reservedBytes",
        finishing_digest as "finishingDigest", copy_key as "copyKey", expires_at as "expiresAt"
      from upload_sessions where id = ${id} and expires_at > now()`
    if (!row || principal.userId !== row.userId) throw new UploadUnknown()
    const { namespace, name, format } = row
    const target = await uploadTarget(this.#parts.catalog, principal, { namespace, name, ...(format && { format }) })
    return { row, target }
  }

  get #idleSeconds(): number {
    return this.#parts.settings.uploadIdleHours * 3_600
  }

  /** Writes nothing while most of the time is left, so that chunks cost no commit. */
  async #prolong(id: string): Promise<void> {
    const seconds = this.#idleSeconds
    await this.#parts.database.sql`
      update upload_sessions set expires_at = now() + make_interval(secs => ${seconds})
      where id = ${id} and expires_at < now() + make_interval(secs => ${seconds * 0.9})`
  }

  async #describe({ id, namespace, name, expiresAt }: SessionRow): Promise<UploadSession> {
    return { id, namespace, name, expiresAt, offset: await this.#parts.driver.uploadSize(id) }
  }
}
