import { sql } from 'kysely'
import type { Database, Transaction } from '../../../shared/kernel/database.ts'
import { uuidv7 } from '../../../shared/types/uuidv7.ts'
import type { BlobContent, StoredBlob } from '../../artifacts/contract.ts'
import type { HeldBlobs } from '../../artifacts/held-blobs.contract.ts'
import type { Audit } from '../../auth/contract.ts'
import type { Located } from '../../metadata/contract.ts'
import type { NewStagedPublish, StagedPackage, StagedPublish, StagedPublishes } from '../contract.ts'
import { AlreadyStaged, TooManyStaged } from '../errors.ts'
import { StagingBounds, type StagingLimits } from './staging-bounds.ts'

export interface StagedPublishesParts {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly heldBlobs: HeldBlobs
}

interface StagedPublishesLimits extends StagingLimits {
  readonly stagedHours: number
  /** Of one package. */
  readonly maxStaged: number
}

/** Versions that wait for somebody to approve them. Callers have authorized. */
export class StagedVersions implements StagedPublishes {
  readonly #parts: StagedPublishesParts
  readonly #limits: StagedPublishesLimits
  readonly #bounds: StagingBounds

  constructor(parts: StagedPublishesParts, limits: StagedPublishesLimits) {
    this.#parts = parts
    this.#limits = limits
    this.#bounds = new StagingBounds(parts.database, limits)
  }

  async expect({ caller }: Located): Promise<void> {
    if (caller?.userId !== undefined) await this.#bounds.expect(caller.userId)
  }

  add(located: Located, blob: StoredBlob, stage: NewStagedPublish): Promise<string> {
    const { database, transaction, audit, heldBlobs } = this.#parts
    const { stagedHours, maxStaged } = this.#limits
    const { artifact, caller } = located
    return transaction.run(async () => {
      // Also the lock under which they are counted.
      await database.sql`select id from artifacts where id = ${artifact.id} for no key update`
      await database.sql`delete from staged_publishes where artifact_id = ${artifact.id} and expires_at <= now()`
      const [counted] = await database.sql<{ staged: number }>`
        select count(*) as staged from staged_publishes where artifact_id = ${artifact.id}`
      if ((counted?.staged ?? 0) >= maxStaged) throw new TooManyStaged(maxStaged)
      if (caller?.userId !== undefined) await this.#bounds.admit(caller.userId, blob.sizeBytes)
      const id = uuidv7()
      const expiresAt = new Date(Date.now() + stagedHours * 3_600_000)
      const holdId = await heldBlobs.hold(blob, expiresAt)
      const [added] = await database.sql`
        insert into staged_publishes (id, artifact_id, version, tag, shasum, actor, actor_id, size_bytes, hold_id, content, expires_at)
        values (${id}, ${artifact.id}, ${stage.version}, ${stage.tag}, ${stage.shasum}, ${caller?.username ?? null},
          ${caller?.userId ?? null}, ${blob.sizeBytes}, ${holdId}, ${stage.content}, ${expiresAt}) on conflict (artifact_id, version) do nothing returning id`
      if (!added) throw new AlreadyStaged(stage.version)
      await audit.record({ ...subjectOf(located, stage.version), action: 'version.staged', subjectId: id, after: { shasum: stage.shasum } })
      return id
    })
  }

  async find(id: string): Promise<StagedPublish | undefined> {
    const [row] = await this.#parts.database.sql<StagedPublish>`${staged} where s.id = ${id} and s.expires_at > now()`
    return row
  }

  async content(id: string): Promise<string | undefined> {
    const [row] = await this.#parts.database.sql<{ content: string }>`
      select content from staged_publishes where id = ${id} and expires_at > now()`
    return row?.content
  }

  async open(id: string): Promise<BlobContent | undefined> {
    const [row] = await this.#parts.database.sql<{ holdId: string }>`
      select hold_id as "holdId" from staged_publishes where id = ${id} and expires_at > now()`
    return row && this.#parts.heldBlobs.open(row.holdId)
  }

  remove(id: string, why: { readonly located: Located; readonly action: 'version.approved' | 'version.rejected' }): Promise<boolean> {
    const { database, transaction, audit, heldBlobs } = this.#parts
    return transaction.run(async () => {
      const [gone] = await database.sql<{ holdId: string; version: string }>`
        delete from staged_publishes where id = ${id} and expires_at > now() returning hold_id as "holdId", version`
      if (!gone) return false
      await heldBlobs.release(gone.holdId)
      await audit.record({ ...subjectOf(why.located, gone.version), action: why.action, subjectId: id })
      return true
    })
  }

  async packages(): Promise<readonly StagedPackage[]> {
    return this.#parts.database.sql<StagedPackage>`
      select a.id as "artifactId", n.name as namespace, a.name from artifacts a join namespaces n on n.id = a.namespace_id
      where a.id in (select artifact_id from staged_publishes where expires_at > now()) order by n.name, a.name limit 1000`
  }

  async list(
    artifactIds: readonly string[],
    { offset, limit }: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly items: readonly StagedPublish[]; readonly total: number }> {
    const { database } = this.#parts
    const ids = [...artifactIds]
    const [counted] = await database.sql<{ total: number }>`
      select count(*) as total from staged_publishes where artifact_id = any(${ids}::uuid[]) and expires_at > now()`
    const items = await database.sql<StagedPublish>`${staged} where s.artifact_id = any(${ids}::uuid[]) and s.expires_at > now()
      order by s.id limit ${limit} offset ${offset}`
    return { items, total: counted?.total ?? 0 }
  }

  /** Those nobody decided about. */
  async expire(): Promise<number> {
    return (await this.#parts.database.sql`delete from staged_publishes where expires_at <= now() returning id`).length
  }
}

/** Without its content, which has megabytes. */
const staged = sql`select s.id, a.id as "artifactId", n.name as namespace, a.name, s.version, s.tag, s.shasum, s.actor,
  s.created_at as "createdAt" from staged_publishes s join artifacts a on a.id = s.artifact_id join namespaces n on n.id = a.namespace_id`

const subjectOf = ({ namespace, artifact }: Located, version: string) => ({
  subject: `${namespace.name}/${artifact.name}@${version}`,
  namespace: namespace.name,
})
