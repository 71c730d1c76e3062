import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import type { Role, TeamPath } from './contract.ts'
import { UserNotFound } from './errors.ts'
import type { Held, Holders } from './holders.contract.ts'
import { atLeast } from './rights-cache.ts'

export interface HoldersDeps {
  readonly database: Database
  /** Finds a team for those who may look into its organization, and throws for others. */
  readonly teams: { find(caller: Principal, path: TeamPath): Promise<unknown> }
}

export class HoldersService implements Holders {
  readonly #deps: HoldersDeps
  constructor(deps: HoldersDeps) {
    this.#deps = deps
  }

  async ofUser(username: string, { viaOrganizations }: { readonly viaOrganizations: boolean }): Promise<Held> {
    const { database } = this.#deps
    const [user] = await database.sql<{ id: string }>`
      select id from users join accounts using (id) where name = ${username} and state <> 'deleted'`
    if (!user) throw new UserNotFound()
    // A user is a member of its own account.
    const accounts = await database.sql<{ id: string; role: Role }>`
      select account_id as id, role from account_members
      where user_id = ${user.id} and (${viaOrganizations}::boolean or account_id = user_id)`
    const artifacts = await database.sql<{ id: string; role: Role }>`
      select artifact_id as id, role from grants where user_id = ${user.id}
      union all select artifact_id, role from grants join team_members using (team_id)
      where ${viaOrganizations}::boolean and team_members.user_id = ${user.id}`
    return { accounts: highest(accounts), artifacts: highest(artifacts) }
  }

  async ofTeam(caller: Principal, path: TeamPath): Promise<ReadonlyMap<string, Role>> {
    const { database, teams } = this.#deps
    await teams.find(caller, path)
    return highest(
      await database.sql<{ id: string; role: Role }>`
      select artifact_id as id, role from grants join teams on teams.id = team_id join accounts on accounts.id = account_id
      where accounts.name = ${path.org} and teams.name = ${path.team}`,
    )
  }

  async onArtifact(artifactId: string): Promise<ReadonlyMap<string, Role>> {
    return highest(
      await this.#deps.database.sql<{ id: string; role: Role }>`
      select name as id, role from grants join accounts on accounts.id = user_id where artifact_id = ${artifactId}
      union all select name, role from grants join team_members using (team_id) join accounts on accounts.id = team_members.user_id
      where artifact_id = ${artifactId}`,
    )
  }
}

function highest(rows: readonly { readonly id: string; readonly role: Role }[]): ReadonlyMap<string, Role> {
  const found = new Map<string, Role>()
  for (const { id, role } of rows) if (!atLeast(found.get(id), role)) found.set(id, role)
  return found
}
