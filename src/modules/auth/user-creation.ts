import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { AccountsService } from './accounts.service.ts'
import type { Audit } from './contract.ts'
import { NameTaken } from './errors.ts'
import type { Passwords } from './passwords.service.ts'

export interface NewUser {
  readonly username: string
  readonly password: string
  readonly email: string | null
}

export interface UserCreationDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly accounts: AccountsService
  readonly passwords: Passwords
}

export class UserCreation {
  readonly #deps: UserCreationDeps
  constructor(deps: UserCreationDeps) {
    this.#deps = deps
  }

  /** The caller has checked that the name is canonical and allowed. Throws NameTaken, Busy. */
  async create({ username, password, email }: NewUser, isAdmin: boolean) {
    const { database, transaction, audit, accounts, passwords } = this.#deps
    if (await accounts.isTaken(username)) throw new NameTaken(username)
    const hash = await passwords.hash(password)
    return transaction.run(async () => {
      const complete = async (id: string): Promise<void> => {
        await database.sql`insert into users (id, email, password_hash, is_admin) values (${id}, ${email}, ${hash}, ${isAdmin})`
      }
      const { id, createdAt } = await accounts.create({ name: username, kind: 'user', displayName: username, complete })
      await audit.record({ action: 'user.created', subject: username, subjectId: id, namespace: username, after: { isAdmin } })
      return { id, username, email, createdAt }
    })
  }
}
