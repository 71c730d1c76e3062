import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isLimited, isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import { service } from '../../shared/kernel/service.ts'
import { type Page, pageOf } from '../../shared/types/page.ts'
import type { NewAccountNames } from './account-names.ts'
import type { AccountsService } from './accounts.service.ts'
import type { Audit } from './contract.ts'
import { NotAllowed, RegistrationClosed, UserNotFound, WrongPassword } from './errors.ts'
import type { FirstAdminService } from './first-admin.service.ts'
import { knownCaller } from './known-caller.ts'
import type { Profiles } from './logins.contract.ts'
import { nameForm, type PageQuery, startOf } from './page.ts'
import type { Passwords } from './passwords.service.ts'
import type { SessionsService } from './sessions.service.ts'
import type { Standing } from './standing.ts'
import type { NewUser, UserCreation } from './user-creation.ts'
import type { UserRemoval } from './user-removal.ts'

export interface UserRow {
  readonly id: string
  readonly username: string
  readonly email: string | null
  readonly displayName: string
  readonly verified: boolean
  readonly isAdmin: boolean
  readonly state: 'active' | 'disabled' | 'deleted'
  readonly createdAt: string
}

export interface UserChange {
  readonly email?: string
  readonly displayName?: string
  readonly password?: string
  readonly currentPassword?: string
}

export interface UsersDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly accounts: AccountsService
  readonly creation: UserCreation
  readonly firstAdmin: FirstAdminService
  readonly passwords: Passwords
  readonly sessions: SessionsService
  readonly standing: Standing
  readonly removal: UserRemoval
  readonly registrationOpen: boolean
  readonly names: NewAccountNames
}

export class UsersService implements Profiles {
  readonly #deps: UsersDeps
  constructor(deps: UsersDeps) {
    this.#deps = deps
  }

  /** Throws RegistrationClosed, NameInvalid, NameReserved, NameTaken, Busy, and what guards of names throw. */
  async register(caller: Principal, { username, password, email }: NewUser) {
    const { registrationOpen, firstAdmin, creation, names } = this.#deps
    if (!registrationOpen && !isRegistryAdmin(caller)) throw new RegistrationClosed()
    await firstAdmin.ensure()
    return creation.create({ username: names.parse(username, caller), password, email }, false)
  }

  /** Throws UserNotFound, also for one that was deleted. */
  async find(username: string): Promise<UserRow> {
    const [found] = await this.#deps.database.sql<UserRow>`
      select id, name as username, email, display_name as "displayName", verified, is_admin as "isAdmin", state, created_at as "createdAt"
      from users join accounts using (id) where name = ${username} and state <> 'deleted'`
    if (!found) throw new UserNotFound()
    return found
  }

  /** Throws NotAllowed for anybody but administrators. */
  async list(caller: Principal, { limit, cursor }: PageQuery): Promise<Page<UserRow>> {
    if (!isRegistryAdmin(caller)) throw new NotAllowed()
    const after = startOf(cursor, nameForm) ?? ''
    const rows = await this.#deps.database.sql<UserRow>`
      select id, name as username, email, display_name as "displayName", verified, is_admin as "isAdmin", state, created_at as "createdAt"
      from users join accounts using (id) where name > ${after} order by name limit ${limit + 1}`
    return pageOf(rows, limit, ({ username }) => [username])
  }

  /** A new password needs the current one, and ends every session. Throws WrongPassword. */
  async change(principal: Principal, change: UserChange): Promise<UserRow> {
    const { transaction } = this.#deps
    const caller = knownCaller(principal)
    if (isLimited(caller)) throw new NotAllowed()
    const hash = change.password === undefined ? undefined : await this.#newHash(caller.username, change.password, change.currentPassword)
    return transaction.run(async () => {
      const before = await this.find(caller.username)
      if (change.email !== undefined || change.displayName !== undefined) await this.#setProfile(before, change)
      if (hash !== undefined) await this.#setPassword(before, hash)
      return this.find(caller.username)
    })
  }

  async confirmPassword(caller: Principal, password: string): Promise<void> {
    if (!(await this.#deps.passwords.fits(knownCaller(caller).username, password))) throw new WrongPassword()
  }

  /** Only for administrators of the registry. A disabled user cannot log in, and what it holds is void until it is enabled. */
  async changeStanding(
    caller: Principal,
    username: string,
    change: { readonly disabled?: boolean; readonly isAdmin?: boolean },
  ): Promise<UserRow> {
    const { database, transaction, audit, accounts, standing, removal } = this.#deps
    if (!isRegistryAdmin(caller)) throw new NotAllowed()
    return transaction.run(async () => {
      await this.#lock(username)
      const before = await this.find(username)
      const state = change.disabled === undefined ? before.state : change.disabled ? 'disabled' : 'active'
      const isAdmin = change.isAdmin ?? before.isAdmin
      if (change.disabled !== undefined) await database.sql`update accounts set state = ${state} where id = ${before.id}`
      if (change.isAdmin !== undefined) await database.sql`update users set is_admin = ${isAdmin} where id = ${before.id}`
      // Artifacts are locked before users, as grants do it.
      if (state !== before.state) await accounts.holderChanged(before.id)
      await removal.keepAnAdministrator()
      await standing.userChanged(before.id)
      await audit.record({
        action: 'user.standing_changed',
        ...subjectOf(before),
        before: { state: before.state, isAdmin: before.isAdmin },
        after: { state, isAdmin },
      })
      return this.find(username)
    })
  }

  /** The name stays taken and every credential ends. Throws NotAllowed for anybody but the user and administrators, and LastOwner. */
  async remove(caller: Principal, username: string): Promise<void> {
    const { transaction, audit, sessions, standing, removal } = this.#deps
    const isSelf = caller.username === username && !isLimited(caller)
    if (!isSelf && !isRegistryAdmin(caller)) throw new NotAllowed()
    await transaction.run(async () => {
      const user = await this.find(username)
      await removal.remove(user.id)
      await sessions.revokeAll(user.id)
      await standing.userChanged(user.id)
      await audit.record({ action: 'user.deleted', ...subjectOf(user), before: { isAdmin: user.isAdmin } })
    })
  }

  async #newHash(username: string, password: string, current: string | undefined): Promise<string> {
    const { passwords } = this.#deps
    if (current === undefined || !(await passwords.fits(username, current))) throw new WrongPassword()
    return passwords.hash(password)
  }

  /** So that a removal in between is not undone: what it leaves is read after it. */
  async #lock(username: string): Promise<void> {
    await this.#deps.database.sql`
      select users.id from users join accounts using (id) where name = ${username} for update of users, accounts`
  }

  async #setProfile(before: UserRow, change: UserChange): Promise<void> {
    const { database, audit } = this.#deps
    const email = change.email ?? before.email
    const displayName = change.displayName ?? before.displayName
    await database.sql`update users set email = ${email} where id = ${before.id}`
    await database.sql`update accounts set display_name = ${displayName} where id = ${before.id}`
    const changed = { email: email !== before.email, displayName: displayName !== before.displayName }
    await audit.record({ action: 'user.updated', ...subjectOf(before), after: { changed } })
  }

  async #setPassword(user: UserRow, hash: string): Promise<void> {
    const { database, audit, sessions, standing } = this.#deps
    await database.sql`update users set password_hash = ${hash}, credentials_version = credentials_version + 1 where id = ${user.id}`
    await sessions.revokeAll(user.id)
    await standing.userChanged(user.id)
    await audit.record({ action: 'user.password_changed', ...subjectOf(user) })
  }
}

const subjectOf = ({ username, id }: UserRow) => ({ subject: username, subjectId: id, namespace: username })

export const Users = service<UsersService>('auth.users')
