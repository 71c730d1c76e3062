import { sql } from 'kysely'
import type { Database } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import type { Accounts, Authorizer, Role } from '../auth/contract.ts'
import { UserNotFound } from '../auth/errors.ts'
import type { Held, Holders } from '../auth/holders.contract.ts'
import { NamespaceNotFound } from './errors.ts'
import type { Locator } from './locator.ts'
import type { Holding, Holdings } from './packages.contract.ts'
import { seenArtifacts } from './sight.contract.ts'

export interface HoldingsDeps {
  readonly database: Database
  readonly accounts: Accounts
  readonly authorizer: Authorizer
  readonly holders: Holders
  readonly locator: Locator
}

const listed = 1_000

/** Packages without a version to show are not there for clients of npm. */
const shown = sql`a.format = 'npm' and a.state = 'active'
  and exists (select 1 from versions v where v.artifact_id = a.id and v.state in ('published', 'deprecated', 'yanked'))`

export class HoldingsService implements Holdings {
  readonly #deps: HoldingsDeps

  constructor(deps: HoldingsDeps) {
    this.#deps = deps
  }

  async ofOrganization(principal: Principal, name: string): Promise<readonly Holding[]> {
    const { accounts, locator } = this.#deps
    const { accountId } = await locator.namespace(principal, name, 'read')
    const account = accountId === null ? undefined : (await accounts.byIds([accountId])).get(accountId)
    if (account?.kind !== 'organization') throw new NamespaceNotFound()
    return this.#held(principal, { accounts: new Map([[account.id, 'owner']]), artifacts: new Map() })
  }

  async ofTeam(principal: Principal, path: { readonly org: string; readonly team: string }): Promise<readonly Holding[]> {
    return this.#held(principal, { accounts: new Map(), artifacts: await this.#deps.holders.ofTeam(principal, path) })
  }

  async ofUser(principal: Principal, username: string): Promise<readonly Holding[]> {
    const viaOrganizations = principal.username === username || isRegistryAdmin(principal)
    return this.#held(principal, await this.#deps.holders.ofUser(username, { viaOrganizations }))
  }

  async starredBy(principal: Principal, username: string): Promise<readonly Pick<Holding, 'namespace' | 'name'>[]> {
    const { accounts, authorizer, database } = this.#deps
    const account = await accounts.find(username)
    if (account?.kind !== 'user') throw new UserNotFound()
    return database.sql<Pick<Holding, 'namespace' | 'name'>>`select n.name as namespace, a.name
      from stars s join artifacts a on a.id = s.artifact_id join namespaces n on n.id = a.namespace_id
      where s.user_id = ${account.id} and ${shown} and ${seenArtifacts(await authorizer.sight(principal))}
      order by n.name, a.name limit ${listed}`
  }

  async #held(principal: Principal, { accounts, artifacts }: Held): Promise<readonly Holding[]> {
    const { authorizer, database } = this.#deps
    const writesBy = sql`(a.id = any(${writable(artifacts)}::uuid[]) or n.account_id = any(${writable(accounts)}::uuid[]))`
    return database.sql<Holding>`select n.name as namespace, a.name, coalesce(${writesBy}, false) as writes
      from artifacts a join namespaces n on n.id = a.namespace_id
      where (a.id = any(${[...artifacts.keys()]}::uuid[]) or n.account_id = any(${[...accounts.keys()]}::uuid[]))
        and ${shown} and ${seenArtifacts(await authorizer.sight(principal))}
      order by n.name, a.name limit ${listed}`
  }
}

const writable = (roles: ReadonlyMap<string, Role>): string[] => [...roles].filter(([, role]) => role !== 'read').map(([id]) => id)
