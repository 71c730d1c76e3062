import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { AccountsService } from './accounts.service.ts'
import type { Audit, Member, Members, Role } from './contract.ts'
import { AccountNotFound, LastOwner, MemberNotFound, UserNotFound } from './errors.ts'
import type { RightsCache } from './rights-cache.ts'

export interface MembersDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly accounts: AccountsService
  readonly rights: RightsCache
}

interface Change {
  readonly accountId: string
  readonly namespace: string
  readonly userId: string
  readonly username: string
  readonly role: Role | undefined
}

export class MembersService implements Members {
  readonly #deps: MembersDeps
  constructor(deps: MembersDeps) {
    this.#deps = deps
  }

  list(accountId: string): Promise<Member[]> {
    return this.#deps.database.sql<Member>`
      select name as username, role, added_at as "addedAt"
      from account_members join accounts on accounts.id = user_id where account_id = ${accountId} order by name`
  }

  async find(accountId: string, username: string): Promise<Member | undefined> {
    const [found] = await this.#deps.database.sql<Member>`
      select name as username, role, added_at as "addedAt"
      from account_members join accounts on accounts.id = user_id where account_id = ${accountId} and name = ${username}`
    return found
  }

  set(accountId: string, username: string, role: Role): Promise<Member> {
    const { database, transaction, audit, rights } = this.#deps
    return transaction.run(async () => {
      const change = await this.#lock(accountId, username)
      if (role !== 'owner') await this.#keepAnOwner(change)
      const [member] = await database.sql<Member>`
        insert into account_members (account_id, user_id, role) values (${accountId}, ${change.userId}, ${role})
        on conflict (account_id, user_id) do update set role = excluded.role
        returning ${username}::text as username, role, added_at as "addedAt"`
      if (!member) throw new UserNotFound()
      await this.#ownersChanged(change, role)
      await rights.changed([change.userId], { accountId })
      const action = change.role === undefined ? 'member.added' : 'member.role_changed'
      await audit.record({ action, ...subjectOf(change), before: change.role && { role: change.role }, after: { role } })
      return member
    })
  }

  /** Also leaves the teams of the account. Throws MemberNotFound, LastOwner. */
  remove(accountId: string, username: string): Promise<void> {
    const { database, transaction, audit, rights } = this.#deps
    return transaction.run(async () => {
      const change = await this.#lock(accountId, username)
      if (change.role === undefined) throw new MemberNotFound()
      await this.#keepAnOwner(change)
      await database.sql`
        delete from team_members where user_id = ${change.userId} and team_id in (select id from teams where account_id = ${accountId})`
      await database.sql`delete from account_members where account_id = ${accountId} and user_id = ${change.userId}`
      await this.#ownersChanged(change, undefined)
      await rights.changed([change.userId], { accountId })
      await audit.record({ action: 'member.removed', ...subjectOf(change), before: { role: change.role } })
    })
  }

  /** Changes of one account come one after the other, or two owners could remove each other. */
  async #lock(accountId: string, username: string): Promise<Change> {
    const { database } = this.#deps
    const [account] = await database.sql<{ name: string }>`select name from accounts where id = ${accountId} for update`
    if (!account) throw new AccountNotFound()
    const [user] = await database.sql<{ id: string; role: Role | null }>`
      select users.id, role from users join accounts using (id)
      left join account_members on user_id = users.id and account_id = ${accountId}
      where name = ${username} and state <> 'deleted'`
    if (!user) throw new UserNotFound()
    return { accountId, namespace: account.name, userId: user.id, username, role: user.role ?? undefined }
  }

  async #ownersChanged({ accountId, role: before }: Change, after: Role | undefined): Promise<void> {
    if (before !== after && (before === 'owner' || after === 'owner')) await this.#deps.accounts.ownersChanged(accountId)
  }

  async #keepAnOwner({ accountId, userId, role }: Change): Promise<void> {
    if (role !== 'owner') return
    if (userId === accountId) throw new LastOwner('a user stays the owner of its own namespace')
    const [other] = await this.#deps.database.sql<{ user_id: string }>`
      select user_id from account_members where account_id = ${accountId} and role = 'owner' and user_id <> ${userId} limit 1`
    if (!other) throw new LastOwner()
  }
}

const subjectOf = ({ namespace, username, userId }: Change) => ({ subject: `${namespace}/${username}`, subjectId: userId, namespace })
