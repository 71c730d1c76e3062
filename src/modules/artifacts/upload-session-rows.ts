import { LRUCache } from 'lru-cache'
import { byCount } from '../../shared/kernel/by-count.ts'
import type { Database } from '../../shared/kernel/database.ts'
import type { ArtifactFormat } from '../../shared/types/artifact-type.ts'
import { relaxedCommit } from './blobs.queries.ts'

export interface SessionRow {
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
  /** A tenth of the idle time is gone. */
  readonly aging: boolean
}

export type NewSession = Omit<SessionRow, 'finishingDigest' | 'copyKey' | 'expiresAt' | 'aging'>

/** Most uploads are over that soon after they were opened, and need not ask the database who they are. */
const freshMs = 5_000
const maxFresh = 5_000

export class UploadSessionRows {
  readonly #database: Database
  readonly #idleSeconds: number
  readonly #fresh: LRUCache<string, SessionRow>

  constructor(database: Database, idleSeconds: number) {
    this.#database = database
    this.#idleSeconds = idleSeconds
    this.#fresh = new LRUCache({ ...byCount(maxFresh), ttl: Math.min(freshMs, idleSeconds * 500) })
  }

  /** `alone`: does not wait for the disk. A session that a crash of the machine takes away is opened again by its client. */
  async insert(session: NewSession, alone: boolean): Promise<SessionRow> {
    const { id, userId, namespaceId, namespace, name, format, reservedBytes } = session
    const [inserted] = await this.#database.sql<{ expiresAt: string }>`
      with relaxed as materialized (${relaxedCommit(alone)})
      insert into upload_sessions (id, user_id, namespace_id, namespace, name, format, reserved_bytes, expires_at)
      select ${id}::uuid, ${userId}::uuid, ${namespaceId}::uuid, ${namespace}, ${name}, ${format}, ${reservedBytes}::bigint,
        now() + make_interval(secs => ${this.#idleSeconds}) from relaxed
      returning expires_at as "expiresAt"`
    if (!inserted) throw new Error('the session was not inserted')
    const row = { ...session, ...inserted, finishingDigest: null, copyKey: null, aging: false }
    this.#fresh.set(id, row)
    return row
  }

  async find(id: string): Promise<SessionRow | undefined> {
    const fresh = this.#fresh.get(id)
    if (fresh) return fresh
    const [row] = await this.#database.sql<SessionRow>`
      select id, user_id as "userId", namespace_id as "namespaceId", namespace, name, format, reserved_bytes as "reservedBytes",
        finishing_digest as "finishingDigest", copy_key as "copyKey", expires_at as "expiresAt",
        expires_at < now() + make_interval(secs => ${this.#idleSeconds * 0.9}) as aging
      from upload_sessions where id = ${id} and expires_at > now()`
    return row
  }

  /** What a repetition after a kill is believed; it need not survive more than that, so its commit does not wait for the disk. */
  async finishing(id: string, { digest, copyKey }: { readonly digest: string; readonly copyKey: string }): Promise<void> {
    this.#fresh.delete(id)
    await this.#database.sql`
      with relaxed as materialized (${relaxedCommit(true)})
      update upload_sessions set finishing_digest = ${digest}, copy_key = ${copyKey} from relaxed where id = ${id}`
  }

  /** Writes nothing while most of the time is left, so that chunks cost no commit. */
  async prolong(id: string): Promise<void> {
    await this.#database.sql`
      update upload_sessions set expires_at = now() + make_interval(secs => ${this.#idleSeconds})
      where id = ${id} and expires_at < now() + make_interval(secs => ${this.#idleSeconds * 0.9})`
  }

  async remove(id: string): Promise<void> {
    this.#fresh.delete(id)
    await this.#database.sql`delete from upload_sessions where id = ${id}`
  }

  /** Its row is gone, or goes with the surrounding transaction. */
  forget(id: string): void {
    this.#fresh.delete(id)
  }

  async expired(limit: number): Promise<string[]> {
    const rows = await this.#database.sql<{ id: string }>`select id from upload_sessions where expires_at < now() limit ${limit}`
    return rows.map(({ id }) => id)
  }
}
