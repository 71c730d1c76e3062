import type { Database } from '../../../shared/kernel/database.ts'
import { StagingFull } from '../errors.ts'

export interface StagingLimits {
  readonly maxStagedPerUser: number
  readonly maxStagedBytesPerUser: number
}

/** What one user has staged counts for no quota, so it has bounds of its own. */
export class StagingBounds {
  readonly #database: Database
  readonly #limits: StagingLimits

  constructor(database: Database, limits: StagingLimits) {
    this.#database = database
    this.#limits = limits
  }

  /** Within the transaction that stages: concurrent ones of one user wait for each other, so the sum is exact. Throws StagingFull. */
  async admit(userId: string, wantedBytes: number): Promise<void> {
    await this.#database.sql`select pg_advisory_xact_lock(hashtextextended(${`staged:${userId}`}, 0))`
    await this.expect(userId, wantedBytes)
  }

  /** Before a body is read: refuses who has no room for anything. */
  async expect(userId: string, wantedBytes = 1): Promise<void> {
    const { maxStagedPerUser: maxVersions, maxStagedBytesPerUser: maxBytes } = this.#limits
    const [has] = await this.#database.sql<{ versions: number; bytes: number }>`
      select count(*) as versions, coalesce(sum(size_bytes), 0)::bigint as bytes from staged_publishes
      where actor_id = ${userId} and expires_at > now()`
    const { versions, bytes } = has ?? { versions: 0, bytes: 0 }
    if (versions >= maxVersions || bytes + wantedBytes > maxBytes)
      throw new StagingFull({ maxVersions, versions, maxBytes, bytes, wantedBytes })
  }
}
