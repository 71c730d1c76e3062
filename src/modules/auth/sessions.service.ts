import type { Database, Transaction } from '../../shared/kernel/database.ts'
import { service } from '../../shared/kernel/service.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { AccessTokens } from './access-tokens.ts'
import { isToken, newToken, tokenHash } from './api-token.ts'
import type { Audit } from './contract.ts'
import { InvalidCredentials, NotASession } from './errors.ts'
import type { FirstAdminService } from './first-admin.service.ts'
import type { KnownCaller } from './known-caller.ts'
import type { SecondFactor } from './logins.contract.ts'
import { actAs } from './logins.service.ts'
import type { Passwords } from './passwords.service.ts'
import { allScopes } from './scopes.ts'
import type { Standing } from './standing.ts'

export interface SessionsDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly passwords: Passwords
  readonly accessTokens: AccessTokens
  readonly standing: Standing
  readonly firstAdmin: FirstAdminService
  readonly secondFactor: SecondFactor
  readonly refreshDays: number
}

interface Holder {
  readonly userId: string
  readonly username: string
}
interface Refreshable extends Holder {
  readonly sessionId: string
  readonly usedAt: string | null
}

/** Logins: short access tokens, and refresh tokens that work once each. */
export class SessionsService {
  readonly #deps: SessionsDeps
  constructor(deps: SessionsDeps) {
    this.#deps = deps
  }

  /** Throws InvalidCredentials, TooManyAttempts, Busy, OtpRequired, OtpInvalid. */
  async login(username: string, password: string, otp?: string) {
    const { database, transaction, audit, passwords, firstAdmin, secondFactor, refreshDays } = this.#deps
    await firstAdmin.ensure()
    const holder = await passwords.verify(username, password)
    actAs(holder.username)
    await secondFactor.require({ ...holder, isAdmin: false, scopes: new Set() }, { otp, action: 'authenticate' })
    return transaction.run(async () => {
      const sessionId = uuidv7()
      // Locks the row, so that a login with the old password cannot outlive a change of password.
      const [current] = await database.sql<{ id: string }>`
        select id from users where id = ${holder.userId} and credentials_version = ${holder.credentialsVersion} for share`
      if (!current) throw new InvalidCredentials()
      await database.sql`
        insert into sessions (id, user_id, expires_at) values (${sessionId}, ${holder.userId}, now() + make_interval(days => ${refreshDays}))`
      await audit.record({ action: 'login.succeeded', subject: holder.username, subjectId: holder.userId, after: { sessionId } })
      return this.#issue(holder, sessionId)
    })
  }

  /** A refresh token that comes a second time was stolen, or its thief was first: the whole session ends. */
  async refresh(refreshToken: string) {
    const hash = isToken(refreshToken, 'gatr_') ? tokenHash(refreshToken) : undefined
    const renewed = hash && (await this.#deps.transaction.run(() => this.#renew(hash)))
    if (!renewed) throw new InvalidCredentials()
    return renewed
  }

  /** Throws NotASession for a password or an API token. */
  async end({ userId, grantId }: KnownCaller): Promise<void> {
    if (grantId === undefined || !(await this.#revoke(userId, grantId))) throw new NotASession()
  }

  /** False when it is no living session of this user. */
  #revoke(userId: string, sessionId: string): Promise<boolean> {
    const { database, transaction, audit, standing } = this.#deps
    return transaction.run(async () => {
      const [revoked] = await database.sql<{ id: string }>`
        update sessions set revoked_at = now() where id = ${sessionId} and user_id = ${userId} and revoked_at is null returning id`
      if (!revoked) return false
      await standing.grantsRevoked(userId, [sessionId])
      await audit.record({ action: 'session.revoked', subject: sessionId, subjectId: sessionId })
      return true
    })
  }

  /** In the transaction of the caller, who audits. */
  async revokeAll(userId: string): Promise<void> {
    const { database, standing } = this.#deps
    const revoked = await database.sql<{ id: string }>`
      update sessions set revoked_at = now() where user_id = ${userId} and revoked_at is null returning id`
    await standing.grantsRevoked(
      userId,
      revoked.map(({ id }) => id),
    )
  }

  /** Returns how many were dropped: at most `limit`. */
  async dropExpired(limit: number): Promise<number> {
    const dropped = await this.#deps.database.sql<{ id: string }>`
      delete from sessions where id in (select id from sessions where expires_at < now() order by expires_at limit ${limit}) returning id`
    return dropped.length
  }

  async #renew(hash: Buffer) {
    const { database, audit } = this.#deps
    const [found] = await database.sql<Refreshable>`
      select session_id as "sessionId", user_id as "userId", name as username, used_at as "usedAt"
      from refresh_tokens join sessions on sessions.id = session_id join accounts on accounts.id = user_id
      where refresh_tokens.hash = ${hash} and revoked_at is null and expires_at > now() and state = 'active'
      for update of refresh_tokens, sessions`
    if (!found) return undefined
    actAs(found.username)
    if (found.usedAt !== null) {
      await audit.record({ action: 'session.reuse_detected', subject: found.sessionId, subjectId: found.sessionId })
      await this.#revoke(found.userId, found.sessionId)
      return undefined
    }
    await database.sql`update refresh_tokens set used_at = now() where hash = ${hash}`
    await audit.record({ action: 'session.refreshed', subject: found.sessionId, subjectId: found.sessionId })
    return this.#issue(found, found.sessionId)
  }

  async #issue({ userId }: Holder, sessionId: string) {
    const refreshToken = newToken('gatr_')
    await this.#deps.database.sql`insert into refresh_tokens (hash, session_id) values (${tokenHash(refreshToken)}, ${sessionId})`
    const { accessToken, expiresAt } = await this.#deps.accessTokens.sign(userId, sessionId)
    return { accessToken, tokenType: 'Bearer' as const, expiresAt, refreshToken, scopes: [...allScopes] }
  }
}

export const Sessions = service<SessionsService>('auth.sessions')
