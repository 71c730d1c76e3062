import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Scope } from '../../shared/kernel/principal.ts'
import { CredentialRevoked } from './contract.ts'
import type { SecondFactorMode } from './logins.contract.ts'

const ttlMs = 5_000
const maxEntries = 20_000

export interface UserStanding {
  readonly id: string
  readonly username: string
  readonly isAdmin: boolean
  /** Raised by every password change: what was verified against an older one is void. */
  readonly credentialsVersion: number
  /** When it asks for a code; null for a user without a confirmed one. */
  readonly secondFactor: SecondFactorMode | null
}

/** A session, or an API token with its limits. */
export interface GrantStanding {
  readonly userId: string
  /** Null for a session, which may do whatever its user may. */
  readonly scopes: readonly Scope[] | null
  readonly namespaces: readonly string[] | null
  readonly artifacts: readonly string[] | null
  readonly networks: readonly string[] | null
  readonly bypassesSecondFactor: boolean
  readonly stagesOnly: boolean
  readonly expiresAt: string | null
}

export interface StandingDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly caches: LocalCaches
}

/** Whether users, sessions and tokens are still good, looked up at most 5 s ago in every process (D-21). */
export class Standing {
  readonly #deps: StandingDeps
  readonly #users: LocalCache<UserStanding>
  readonly #grants: LocalCache<GrantStanding>

  constructor(deps: StandingDeps) {
    this.#deps = deps
    this.#users = deps.caches.create({ name: 'auth.users', maxEntries, ttlMs })
    this.#grants = deps.caches.create({ name: 'auth.credentials', maxEntries, ttlMs })
  }

  user(userId: string): Promise<UserStanding | undefined> {
    return this.#users.get(userId, async () => {
      const [found] = await this.#deps.database.sql<UserStanding>`
        select id, name as username, is_admin as "isAdmin", credentials_version as "credentialsVersion",
          (select mode from second_factors where user_id = users.id and confirmed_at is not null) as "secondFactor"
        from users join accounts using (id) where id = ${userId} and state = 'active'`
      return found
    })
  }

  /** Undefined once it is revoked or has expired. */
  async grant(grantId: string): Promise<GrantStanding | undefined> {
    const found = await this.#grants.get(grantId, async () => {
      const [row] = await this.#deps.database.sql<GrantStanding>`
        select user_id as "userId", scopes, namespaces, artifacts, networks,
          bypasses_second_factor as "bypassesSecondFactor", stages_only as "stagesOnly", expires_at as "expiresAt"
        from tokens where id = ${grantId} and revoked_at is null
        union all
        select user_id, null, null, null, null, false, false, expires_at from sessions where id = ${grantId} and revoked_at is null`
      return row
    })
    return found && (found.expiresAt === null || Date.parse(found.expiresAt) > Date.now()) ? found : undefined
  }

  /** To be called in the transaction that revokes or changes the credentials. */
  async userChanged(userId: string): Promise<void> {
    this.#users.invalidate(userId)
    await this.#deps.events.emit(CredentialRevoked, { userId })
  }

  async grantsRevoked(userId: string, grantIds: readonly string[]): Promise<void> {
    for (const grantId of grantIds) {
      this.#grants.invalidate(grantId)
      await this.#deps.events.emit(CredentialRevoked, { userId, grantId })
    }
  }
}
