import { createHash, randomBytes } from 'node:crypto'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import type { AuthenticatorService } from './authenticator.service.ts'
import type { Audit } from './contract.ts'
import { InvalidCredentials, WebLoginNotFound } from './errors.ts'
import type { ApiTokens, Logins, WebLogin, WebLogins } from './logins.contract.ts'
import { actAs } from './logins.service.ts'
import { allScopes, expandScopes } from './scopes.ts'

const lifetimeSeconds = 600
const secretForm = /^[A-Za-z0-9_-]{43}$/

export interface WebLoginsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly authenticator: AuthenticatorService
  readonly logins: Logins
  readonly tokens: ApiTokens
}

interface Approved {
  readonly userId: string
  readonly username: string
  readonly isAdmin: boolean
}

/** In the database, because page and poll may reach different processes. Who has the one id cannot tell the other. */
export class WebLoginsService implements WebLogins {
  readonly #deps: WebLoginsDeps
  constructor(deps: WebLoginsDeps) {
    this.#deps = deps
  }

  async open(client: string) {
    const { database } = this.#deps
    const [loginId, pollId] = [newId(), newId()]
    const ip = requestContext()?.ip ?? null
    await database.sql`
      insert into web_logins (login_hash, poll_hash, client, ip, expires_at)
      values (${hashOf(loginId)}, ${hashOf(pollId)}, ${client}, ${ip}, now() + make_interval(secs => ${lifetimeSeconds}))`
    // What is over goes when something new comes, a little at a time.
    await database.sql`
      delete from web_logins where login_hash in (select login_hash from web_logins where expires_at < now() order by expires_at limit 20)`
    return { ...shown(loginId, { client, ip }), loginId, pollId }
  }

  async find(loginId: string): Promise<WebLogin> {
    const [found] = await this.#deps.database.sql<{ client: string; ip: string | null }>`
      select client, ip from web_logins where login_hash = ${hashOf(loginId)} and user_id is null and expires_at > now()`
    if (!found) throw new WebLoginNotFound()
    return shown(loginId, found)
  }

  async approve(loginId: string, credential: Parameters<Logins['logIn']>[0]): Promise<void> {
    const { database, transaction, audit, authenticator, logins } = this.#deps
    await this.find(loginId)
    const principal = await logins.logIn(credential)
    const bearer = authenticator.bearerOf(principal)
    // A token in the place of the password is good for less than what the client would get.
    if (!bearer || !('credentialsVersion' in bearer)) throw new InvalidCredentials()
    await transaction.run(async () => {
      const [approved] = await database.sql<{ client: string; ip: string | null }>`
        update web_logins set user_id = ${bearer.userId}, credentials_version = ${bearer.credentialsVersion}
        where login_hash = ${hashOf(loginId)} and user_id is null and expires_at > now() returning client, ip`
      if (!approved) throw new WebLoginNotFound()
      const subject = { subject: principal.username ?? '', subjectId: bearer.userId }
      await audit.record({ action: 'login.succeeded', ...subject, after: { web: true, client: approved.client, clientIp: approved.ip } })
    })
  }

  collect(pollId: string): Promise<string | undefined> {
    const { transaction, tokens } = this.#deps
    if (!secretForm.test(pollId)) throw new WebLoginNotFound()
    return transaction.run(async () => {
      const approved = await this.#take(pollId)
      if (!approved) {
        await this.#requireOpen(pollId)
        return undefined
      }
      actAs(approved.username)
      return tokens.createForLogin({ ...approved, scopes: expandScopes(allScopes) }, `npm login ${new Date().toISOString().slice(0, 10)}`)
    })
  }

  /** For one poll only; never for a user who is gone, or has another password by now. */
  async #take(pollId: string): Promise<Approved | undefined> {
    const [taken] = await this.#deps.database.sql<Approved>`
      update web_logins set collected_at = now()
      from users join accounts using (id)
      where poll_hash = ${hashOf(pollId)} and collected_at is null and expires_at > now()
        and users.id = web_logins.user_id and users.credentials_version = web_logins.credentials_version and state = 'active'
      returning users.id as "userId", name as username, is_admin as "isAdmin"`
    return taken
  }

  async #requireOpen(pollId: string): Promise<void> {
    const [open] = await this.#deps.database.sql<{ client: string }>`
      select client from web_logins where poll_hash = ${hashOf(pollId)} and user_id is null and expires_at > now()`
    if (!open) throw new WebLoginNotFound()
  }
}

const newId = (): string => randomBytes(32).toString('base64url')
const hashOf = (id: string): Buffer => createHash('sha256').update(id).digest()

/** What page and terminal show, and what the form sends back, follow from the id: nothing more has to be kept. */
function shown(loginId: string, { client, ip }: { readonly client: string; readonly ip: string | null }): WebLogin {
  const derived = createHash('sha256').update(`code:${loginId}`).digest('hex').toUpperCase()
  const formToken = createHash('sha256').update(`form:${loginId}`).digest('base64url')
  return { code: `${derived.slice(0, 4)}-${derived.slice(4, 8)}`, formToken, client, ip }
}
