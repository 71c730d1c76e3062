import { availableParallelism } from 'node:os'
import type { Database } from '../../shared/kernel/database.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import { Slots } from '../../shared/kernel/slots.ts'
import type { Audit } from './contract.ts'
import { Busy, InvalidCredentials } from './errors.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { PasswordHasher } from './password-hash.ts'

export interface PasswordHolder {
  readonly userId: string
  readonly username: string
  readonly credentialsVersion: number
}
interface StoredPassword extends PasswordHolder {
  readonly passwordHash: string | null
}

export interface PasswordsDeps {
  readonly database: Database
  readonly audit: Audit
  readonly hasher: PasswordHasher
  readonly throttle: LoginThrottle
  readonly maxWaiting: number
}

// Hashing runs on libuv's four threads; the file system and DNS need one of them too.
const concurrency = Math.max(1, Math.min(availableParallelism(), 3))

/** The only place that hashes and compares passwords: bounded, throttled, and equally slow for users that do not exist (D-20, D-22). */
export class Passwords {
  readonly #deps: PasswordsDeps
  readonly #pool: Slots

  constructor(deps: PasswordsDeps) {
    this.#deps = deps
    this.#pool = new Slots({ atOnce: concurrency, waiting: deps.maxWaiting }, () => new Busy())
  }

  /** Throws Busy. */
  hash(password: string): Promise<string> {
    return this.#pool.use(() => this.#deps.hasher.hash(password))
  }

  /** Throws InvalidCredentials, TooManyAttempts or Busy. */
  verify(username: string, password: string): Promise<PasswordHolder> {
    const { hasher, throttle } = this.#deps
    const attempt = { username, ip: requestContext()?.ip ?? null }
    return this.#pool.use(async () => {
      // Inside the pool, so that a burst cannot pass the check before its first failures are counted.
      await throttle.admit(attempt)
      const stored = await this.#find(username)
      const fits = await hasher.verify(password, stored?.passwordHash ?? hasher.decoy)
      if (!stored || !fits) {
        await throttle.failed(attempt)
        await this.#recordFailure(stored)
        throw new InvalidCredentials()
      }
      await this.#renew(stored, password)
      return stored
    })
  }

  /** Like `verify`, for a caller that is already known: false instead of InvalidCredentials. */
  async fits(username: string, password: string): Promise<boolean> {
    try {
      await this.verify(username, password)
      return true
    } catch (error) {
      if (error instanceof InvalidCredentials) return false
      throw error
    }
  }

  /** The hash of a raised cost replaces the old one as soon as the password is at hand. */
  async #renew({ userId, passwordHash }: StoredPassword, password: string): Promise<void> {
    const { database, hasher } = this.#deps
    if (passwordHash === null || !hasher.isOutdated(passwordHash)) return
    const renewed = await hasher.hash(password)
    await database.sql`update users set password_hash = ${renewed} where id = ${userId} and password_hash = ${passwordHash}`
  }

  async #find(username: string): Promise<StoredPassword | undefined> {
    const [found] = await this.#deps.database.sql<StoredPassword>`
      select id as "userId", name as username, credentials_version as "credentialsVersion", password_hash as "passwordHash"
      from users join accounts using (id) where name = ${username} and state = 'active'`
    return found
  }

  /** A name that nobody has may be a password in the wrong field. */
  #recordFailure(stored: StoredPassword | undefined): Promise<void> {
    const subject = stored ? { subject: stored.username, subjectId: stored.userId } : { subject: 'unknown user' }
    return this.#deps.audit.record({ action: 'login.failed', ...subject })
  }
}
