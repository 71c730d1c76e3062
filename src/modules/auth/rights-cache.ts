import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { RightsChanged, type Role } from './contract.ts'

/** What a user is a member of. */
export interface Memberships {
  readonly accounts: ReadonlyMap<string, Role>
  /** Sorted. */
  readonly teamIds: readonly string[]
}

interface ArtifactRole {
  readonly role: Role | undefined
  /** Teams the user was in when it was looked up. */
  readonly teamIds: readonly string[]
}

const rank: Record<Role, number> = { read: 1, write: 2, admin: 3, owner: 4 }

/** Whether a role includes another; nobody's role (`undefined`) includes none. */
export const atLeast = (role: Role | undefined, wanted: Role): boolean => role !== undefined && rank[role] >= rank[wanted]

const highest = (roles: readonly { readonly role: Role }[]): Role | undefined =>
  roles.reduce<Role | undefined>((best, { role }) => (atLeast(best, role) ? best : role), undefined)

const ttlMs = 5_000

/**
 * Rights as of at most 5 s ago, in every process. Those on artifacts are asked for one by one: whoever publishes packages may own thousands, and
 * gets another one with each.
 */
export class RightsCache {
  readonly #database: Database
  readonly #events: Events
  readonly #memberships: LocalCache<Memberships>
  readonly #roles: LocalCache<ArtifactRole>
  readonly #granted: LocalCache<readonly string[]>

  constructor(deps: { readonly database: Database; readonly events: Events; readonly caches: LocalCaches }) {
    this.#database = deps.database
    this.#events = deps.events
    this.#memberships = deps.caches.create({ name: 'auth.memberships', maxEntries: 10_000, ttlMs })
    this.#roles = deps.caches.create({ name: 'auth.artifact-roles', maxEntries: 50_000, ttlMs })
    this.#granted = deps.caches.create({ name: 'auth.granted-artifacts', maxEntries: 1_000, ttlMs })
  }

  async membershipsOf(userId: string): Promise<Memberships> {
    return (await this.#memberships.get(userId, () => this.#loadMemberships(userId))) ?? { accounts: new Map(), teamIds: [] }
  }

  /** The highest of the user's own role and its teams'. */
  async roleOn(userId: string, artifactId: string): Promise<Role | undefined> {
    const { teamIds } = await this.membershipsOf(userId)
    const key = roleKey(userId, artifactId)
    const load = async (): Promise<ArtifactRole> => ({ role: await this.#loadRole(userId, artifactId, teamIds), teamIds })
    const found = await this.#roles.get(key, load)
    if (found && isSame(found.teamIds, teamIds)) return found.role
    this.#roles.invalidate(key)
    return (await load()).role
  }

  /** Every artifact on which the user, or one of its teams, has a role. */
  async artifactsOf(userId: string): Promise<readonly string[]> {
    const found = await this.#granted.get(userId, async () => {
      const rows = await this.#database.sql<{ id: string }>`
        select artifact_id as id from grants where user_id = ${userId}
        union select artifact_id from grants join team_members using (team_id) where team_members.user_id = ${userId}`
      return rows.map(({ id }) => id)
    })
    return found ?? []
  }

  /** To be called in the transaction that changes the rights of these users. */
  async changed(userIds: readonly string[], where: { readonly accountId?: string; readonly artifactId?: string }): Promise<void> {
    for (const userId of userIds) {
      this.#granted.invalidate(userId)
      if (where.artifactId === undefined) this.#memberships.invalidate(userId)
      else this.#roles.invalidate(roleKey(userId, where.artifactId))
      await this.#events.emit(RightsChanged, { ...where, userId })
    }
  }

  async #loadMemberships(userId: string): Promise<Memberships> {
    const rows = await this.#database.sql<{ account: string | null; team: string | null; role: Role }>`
      select account_id as account, null::uuid as team, role from account_members where user_id = ${userId}
      union all select null, team_id, null from team_members where user_id = ${userId}`
    const accounts = new Map(rows.flatMap(({ account, role }) => (account === null ? [] : [[account, role] as const])))
    return { accounts, teamIds: rows.flatMap(({ team }) => (team === null ? [] : [team])).sort() }
  }

  async #loadRole(userId: string, artifactId: string, teamIds: readonly string[]): Promise<Role | undefined> {
    return highest(
      await this.#database.sql<{ role: Role }>`
        select role from grants where artifact_id = ${artifactId} and (user_id = ${userId} or team_id = any(${[...teamIds]}::uuid[]))`,
    )
  }
}

// An id has a fixed length, so a blank cannot make two keys one.
const roleKey = (userId: string, artifactId: string): string => `${userId} ${artifactId}`

const isSame = (left: readonly string[], right: readonly string[]): boolean =>
  left === right || (left.length === right.length && left.every((id, index) => id === right[index]))
