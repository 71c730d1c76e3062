import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { RightsChanged, type Role } from './contract.ts'

/** Every role a user holds, by account and by artifact; on an artifact the highest of its own and its teams'. */
export interface Rights {
  readonly accounts: ReadonlyMap<string, Role>
  readonly artifacts: ReadonlyMap<string, Role>
}

const rank: Record<Role, number> = { read: 1, write: 2, admin: 3, owner: 4 }

/** Whether a role includes another; nobody's role (`undefined`) includes none. */
export const atLeast = (role: Role | undefined, wanted: Role): boolean => role !== undefined && rank[role] >= rank[wanted]

/** Rights as of at most 5 s ago, in every process. */
export class RightsCache {
  readonly #database: Database
  readonly #events: Events
  readonly #byUser: LocalCache<Rights>

  constructor(deps: { readonly database: Database; readonly events: Events; readonly caches: LocalCaches }) {
    this.#database = deps.database
    this.#events = deps.events
    this.#byUser = deps.caches.create({ name: 'auth.rights', maxEntries: 10_000, ttlMs: 5_000 })
  }

  async of(userId: string): Promise<Rights> {
    const rights = await this.#byUser.get(userId, () => this.#load(userId))
    return rights ?? { accounts: new Map(), artifacts: new Map() }
  }

  /** To be called in the transaction that changes the rights of these users. */
  async changed(userIds: readonly string[], where: { readonly accountId?: string; readonly artifactId?: string }): Promise<void> {
    for (const userId of userIds) {
      this.#byUser.invalidate(userId)
      await this.#events.emit(RightsChanged, { ...where, userId })
    }
  }

  async #load(userId: string): Promise<Rights> {
    const held = await this.#database.sql<{ account: string | null; artifact: string | null; role: Role }>`
      select account_id as account, null::uuid as artifact, role from account_members where user_id = ${userId}
      union all select null, artifact_id, role from grants where user_id = ${userId}
      union all select null, artifact_id, role from grants join team_members using (team_id) where team_members.user_id = ${userId}`
    const accounts = new Map<string, Role>()
    const artifacts = new Map<string, Role>()
    for (const { account, artifact, role } of held) {
      if (account !== null) accounts.set(account, role)
      else if (artifact !== null && !atLeast(artifacts.get(artifact), role)) artifacts.set(artifact, role)
    }
    return { accounts, artifacts }
  }
}
