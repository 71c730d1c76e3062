import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import { accountFold } from './account-names.ts'
import { type Account, AccountCreated, type Accounts, type HeldByAccounts } from './contract.ts'
import { NameTaken } from './errors.ts'

export interface NewAccount {
  /** Canonical and allowed: the caller has checked it. */
  readonly name: string
  readonly kind: Account['kind']
  readonly displayName: string
  /** First owner; absent for a user, who owns the namespace of its name itself. */
  readonly ownerId?: string
  /** Adds what belongs to the account before the listeners hear of it. */
  readonly complete?: (accountId: string) => Promise<void>
}

export interface AccountsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
}

export class AccountsService implements Accounts {
  readonly #deps: AccountsDeps
  readonly #listeners: ((account: Account) => Promise<void>)[] = []
  readonly #holderListeners: ((held: HeldByAccounts) => Promise<void>)[] = []

  constructor(deps: AccountsDeps) {
    this.#deps = deps
  }

  async find(name: string): Promise<Account | undefined> {
    const [found] = await this.#deps.database.sql<Account>`
      select id, name, kind, display_name as "displayName", verified, created_at as "createdAt"
      from accounts where name = ${name} and state <> 'deleted'`
    return found
  }

  async byIds(ids: readonly string[]): Promise<ReadonlyMap<string, Account>> {
    const found = await this.#deps.database.sql<Account>`
      select id, name, kind, display_name as "displayName", verified, created_at as "createdAt"
      from accounts where id = any(${ids}::uuid[])`
    return new Map(found.map((account) => [account.id, account]))
  }

  onCreated(listener: (account: Account) => Promise<void>): void {
    this.#listeners.push(listener)
  }

  onHoldersChanged(listener: (held: HeldByAccounts) => Promise<void>): void {
    this.#holderListeners.push(listener)
  }

  /** To be called in the transaction that changes the owners of an account. */
  async ownersChanged(accountId: string): Promise<void> {
    await this.#tell({ accountIds: [accountId], artifactIds: [] })
  }

  /** To be called in the transaction that changes the standing of a user, before it takes away what the user holds. */
  async holderChanged(userId: string): Promise<void> {
    const { database } = this.#deps
    const owned = await database.sql<{
      id: string
    }>`select account_id as id from account_members where user_id = ${userId} and role = 'owner'`
    const granted = await database.sql<{ id: string }>`select artifact_id as id from grants where user_id = ${userId}`
    await this.#tell({ accountIds: owned.map(({ id }) => id), artifactIds: granted.map(({ id }) => id) })
  }

  async #tell(held: HeldByAccounts): Promise<void> {
    for (const listener of this.#holderListeners) await listener(held)
  }

  /** Throws NameTaken when the name, or one that looks like it, was ever given to anybody. */
  create({ name, kind, displayName, ownerId, complete }: NewAccount): Promise<Account> {
    const { database, transaction, events } = this.#deps
    return transaction.run(async () => {
      const [account] = await database.sql<Account>`
        insert into accounts (id, name, name_fold, kind, display_name) values (${uuidv7()}, ${name}, ${accountFold(name)}, ${kind}, ${displayName})
        on conflict do nothing
        returning id, name, kind, display_name as "displayName", verified, created_at as "createdAt"`
      if (!account) throw new NameTaken(name)
      await complete?.(account.id)
      await database.sql`
        insert into account_members (account_id, user_id, role) values (${account.id}, ${ownerId ?? account.id}, 'owner')`
      for (const listener of this.#listeners) await listener(account)
      await events.emit(AccountCreated, { accountId: account.id, name, kind })
      return account
    })
  }

  /** For a kind answer before costly work; `create` decides. */
  async isTaken(name: string): Promise<boolean> {
    const [found] = await this.#deps.database.sql<{ id: string }>`
      select id from accounts where name = ${name} or name_fold = ${accountFold(name)} limit 1`
    return found !== undefined
  }
}
