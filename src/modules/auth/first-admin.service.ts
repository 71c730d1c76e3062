import { randomBytes } from 'node:crypto'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { withRequestContext } from '../../shared/kernel/request-context.ts'
import { accountName } from './account-names.ts'
import type { FirstAdmin } from './contract.ts'
import type { UserCreation } from './user-creation.ts'

// Any constant serves; it only has to be the same in every process.
const lockKey = 7_214_043

export interface FirstAdminDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly creation: UserCreation
  readonly username: string
  /** Empty: one is made. */
  readonly password: string
}

/**
 * A registry without users gets an administrator, before anybody can register or log in. Not in `setup`: modules that are set up
 * later have to hear of the account.
 */
export class FirstAdminService implements FirstAdmin {
  readonly #deps: FirstAdminDeps
  #created: Promise<{ readonly username: string; readonly password: string } | undefined> | undefined

  constructor(deps: FirstAdminDeps) {
    this.#deps = deps
  }

  async ensure(): Promise<void> {
    // After a failure the next caller tries again.
    this.#created ??= this.#create().catch((error: unknown) => {
      this.#created = undefined
      throw error
    })
    await this.#created
  }

  async taken() {
    await this.ensure()
    const created = await this.#created
    this.#created = Promise.resolve(undefined)
    return created
  }

  async #create() {
    const { database, transaction, creation, username, password } = this.#deps
    if (await hasUsers(database)) return undefined
    return transaction.run(async () => {
      await database.sql`select pg_advisory_xact_lock(${lockKey})`
      if (await hasUsers(database)) return undefined
      const admin = { username: accountName(username), password: password === '' ? randomBytes(15).toString('base64url') : password }
      await withRequestContext(ownContext(), () => creation.create({ ...admin, email: null }, true))
      return password === '' ? admin : undefined
    })
  }
}

/** It happens during somebody's request, but not on their behalf. */
const ownContext = () => ({ requestId: 'first-start', trace: null, actor: 'system', ip: null })

async function hasUsers(database: Database): Promise<boolean> {
  const [found] = await database.sql<{ id: string }>`select id from users limit 1`
  return found !== undefined
}
