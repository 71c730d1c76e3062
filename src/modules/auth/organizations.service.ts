import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isLimited } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import type { NewAccountNames } from './account-names.ts'
import type { AccountsService } from './accounts.service.ts'
import type { Account, Action, Audit, Authorizer, Organizations as Contract, Resource } from './contract.ts'
import { NameTaken, NotAllowed, OrganizationNotFound } from './errors.ts'
import type { KnownCaller } from './known-caller.ts'
import { nameForm, type PageQuery, startOf } from './page.ts'
import type { RightsCache } from './rights-cache.ts'

export interface OrganizationsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly accounts: AccountsService
  readonly authorizer: Authorizer
  readonly rights: RightsCache
  readonly names: NewAccountNames
}

export class OrganizationsService implements Contract {
  readonly #deps: OrganizationsDeps
  constructor(deps: OrganizationsDeps) {
    this.#deps = deps
  }

  /** Any user may create one and owns it. Throws NameInvalid, NameReserved, NameTaken, and what guards of names throw. */
  async create(owner: KnownCaller, text: string, displayName: string | undefined): Promise<Account> {
    const { transaction, audit, accounts, rights } = this.#deps
    if (isLimited(owner)) throw new NotAllowed()
    const name = this.#deps.names.parse(text, owner)
    if (await accounts.isTaken(name)) throw new NameTaken(name)
    return transaction.run(async () => {
      const account = await accounts.create({ name, kind: 'organization', displayName: displayName ?? name, ownerId: owner.userId })
      await rights.changed([owner.userId], { accountId: account.id })
      await audit.record({ action: 'organization.created', subject: name, subjectId: account.id, namespace: name })
      return account
    })
  }

  /** Profiles are public, as those of users are. Throws OrganizationNotFound. */
  async find(name: string): Promise<Account> {
    const account = await this.#deps.accounts.find(name)
    if (account?.kind !== 'organization') throw new OrganizationNotFound()
    return account
  }

  /** Those the user is a member of. */
  async listOf(userId: string, { limit, cursor }: PageQuery): Promise<Page<Account>> {
    const after = startOf(cursor, nameForm) ?? ''
    const rows = await this.#deps.database.sql<Account>`
      select id, name, kind, display_name as "displayName", verified, created_at as "createdAt"
      from accounts join account_members on account_id = id
      where account_members.user_id = ${userId} and kind = 'organization' and state = 'active' and name > ${after}
      order by name limit ${limit + 1}`
    return pageOf(rows, limit, ({ name }) => [name])
  }

  async rename(caller: Principal, name: string, displayName: string): Promise<Account> {
    const { database, transaction, audit } = this.#deps
    const before = await this.find(name)
    await this.#require(caller, 'manage', resourceOf(before, 'public'))
    return transaction.run(async () => {
      await database.sql`update accounts set display_name = ${displayName} where id = ${before.id}`
      const subject = { subject: name, subjectId: before.id, namespace: name }
      const change = { before: { displayName: before.displayName }, after: { displayName } }
      await audit.record({ action: 'organization.updated', ...subject, ...change })
      return this.find(name)
    })
  }

  /** The organization, for somebody who may look into it (read) or change it. What is inside is hidden from others. */
  async enter(caller: Principal, action: Action, name: string): Promise<Account> {
    const account = await this.#deps.accounts.find(name)
    const organization = account?.kind === 'organization' ? account : undefined
    await this.#require(caller, action, organization && resourceOf(organization, 'private'))
    if (!organization) throw new OrganizationNotFound()
    return organization
  }

  #require(caller: Principal, action: Action, resource: Resource | undefined): Promise<void> {
    return this.#deps.authorizer.require(caller, action, resource, () => new OrganizationNotFound())
  }
}

const resourceOf = (account: Account, namespaceVisibility: Resource['namespaceVisibility']): Resource => ({
  accountId: account.id,
  namespace: account.name,
  namespaceVisibility,
})

export const Organizations = service<OrganizationsService>('auth.organizations')
