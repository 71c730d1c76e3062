import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { AuthRequired } from '../../shared/kernel/http-errors.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { type ArtifactRef, ArtifactStarred } from './contract.ts'
import type { Locator } from './locator.ts'
import type { Stars } from './packages.contract.ts'
import type { Revisions } from './revisions.ts'
import type { StarView } from './views.ts'

export interface StarServiceDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly revisions: Revisions
}

export class StarService implements Stars {
  readonly #deps: StarServiceDeps
  readonly #locator: Locator

  constructor(deps: StarServiceDeps, locator: Locator) {
    this.#deps = deps
    this.#locator = locator
  }

  async set(principal: Principal, ref: ArtifactRef, starred: boolean): Promise<StarView> {
    const { database, transaction, events, revisions } = this.#deps
    const { artifact } = await this.#locator.artifact(principal, ref, 'read')
    const { userId } = principal
    if (userId === undefined) throw new AuthRequired()
    return transaction.run(async () => {
      const changed = starred
        ? await database.sql`insert into stars (artifact_id, user_id) values (${artifact.id}, ${userId}) on conflict do nothing returning user_id`
        : await database.sql`delete from stars where artifact_id = ${artifact.id} and user_id = ${userId} returning user_id`
      if (changed.length > 0) {
        await revisions.raise(artifact)
        await events.emit(ArtifactStarred, { artifactId: artifact.id })
      }
      const by = starred ? changed.length : -changed.length
      const [row] = await database.sql<{
        stars: number
      }>`update artifacts set stars = stars + ${by} where id = ${artifact.id} returning stars`
      return { starred, stars: row?.stars ?? 0 }
    })
  }
}
