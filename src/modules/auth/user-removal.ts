import type { Database } from '../../shared/kernel/database.ts'
import type { AccountsService } from './accounts.service.ts'
import { LastOwner } from './errors.ts'
import type { RightsCache } from './rights-cache.ts'
import type { Standing } from './standing.ts'

export interface UserRemovalDeps {
  readonly database: Database
  readonly accounts: AccountsService
  readonly standing: Standing
  readonly rights: RightsCache
}

/** What a deleted user leaves: its name and its own namespace stay, everything that gives it rights goes. */
export class UserRemoval {
  readonly #deps: UserRemovalDeps
  constructor(deps: UserRemovalDeps) {
    this.#deps = deps
  }

  /** In the transaction of the caller. Throws LastOwner while an organization has no other owner. */
  async remove(userId: string): Promise<void> {
    const { database, accounts, standing, rights } = this.#deps
    await this.#refuseOrphans(userId)
    await accounts.holderChanged(userId)
    const revoked = await database.sql<{ id: string }>`
      update tokens set revoked_at = now() where user_id = ${userId} and revoked_at is null returning id`
    await database.sql`delete from team_members where user_id = ${userId}`
    await database.sql`delete from account_members where user_id = ${userId} and account_id <> ${userId}`
    await database.sql`delete from grants where user_id = ${userId}`
    await database.sql`delete from second_factors where user_id = ${userId}`
    await database.sql`
      update users set password_hash = null, email = null, is_admin = false, credentials_version = credentials_version + 1 where id = ${userId}`
    await database.sql`update accounts set state = 'deleted', deleted_at = now() where id = ${userId}`
    await this.keepAnAdministrator()
    await standing.grantsRevoked(
      userId,
      revoked.map(({ id }) => id),
    )
    await rights.changed([userId], {})
  }

  /** Throws LastOwner when the transaction would leave the registry without an active administrator. */
  async keepAnAdministrator(): Promise<void> {
    const left = await this.#deps.database.sql<{ id: string }>`
      select users.id from users join accounts using (id) where is_admin and state = 'active' order by users.id for update of users`
    if (left.length === 0) throw new LastOwner('a registry cannot be without an administrator')
  }

  /** Locks the organizations first, because their other owner may be leaving too. */
  async #refuseOrphans(userId: string): Promise<void> {
    const owned = await this.#deps.database.sql<{ id: string }>`
      select id from accounts
      where id <> ${userId} and id in (select account_id from account_members where user_id = ${userId} and role = 'owner')
      order by id for update`
    if (owned.length === 0) return
    const [orphan] = await this.#deps.database.sql<{ id: string }>`
      select id from accounts
      where id = any(${owned.map(({ id }) => id)}::uuid[])
        and not exists (select from account_members where account_id = accounts.id and role = 'owner' and user_id <> ${userId}) limit 1`
    if (orphan) throw new LastOwner('the user is the last owner of an organization')
  }
}
