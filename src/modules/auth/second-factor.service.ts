import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { KernelInfo } from '../../shared/kernel/kernel-info.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import type { Audit } from './contract.ts'
import {
  NotAllowed,
  OtpInvalid,
  OtpRequired,
  SecondFactorDemanded,
  SecondFactorMissing,
  TooManyAttempts,
  UserNotFound,
  WrongPassword,
} from './errors.ts'
import { type KnownCaller, knownCaller } from './known-caller.ts'
import type { GuardedAction, Otp, SecondFactor, SecondFactorMode } from './logins.contract.ts'
import type { Passwords } from './passwords.service.ts'
import { newRecoveryCodes, newSecret, recoveryHash, stepOf, uriOf } from './second-factor-codes.ts'
import type { Standing } from './standing.ts'

/** D-20. */
const maxFailures = 5
const windowSeconds = 300

interface FactorRow {
  readonly secret: Buffer
  readonly mode: SecondFactorMode
  readonly confirmed: boolean
  /** Of the last code that was taken: no code of it, or of an earlier one, is taken again. */
  readonly lastStep: number
  readonly failures: number
  /** Seconds until the failures are forgotten; null when there are none. */
  readonly forgottenIn: number | null
}
type Check = (factor: FactorRow) => Promise<boolean>

export interface SecondFactorDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly audit: Audit
  readonly passwords: Passwords
  readonly standing: Standing
  readonly info: KernelInfo
}

export class SecondFactorService implements SecondFactor {
  readonly #deps: SecondFactorDeps
  /** Callers of a request that has shown a code already. */
  readonly #proven = new WeakSet<Principal>()
  /** Codes that came with a request and are asked for later, if at all. */
  readonly #brought = new WeakMap<Principal, string>()

  constructor(deps: SecondFactorDeps) {
    this.#deps = deps
  }

  bring(principal: Principal, otp: string): void {
    this.#brought.set(principal, otp)
  }

  async require(principal: Principal, { otp: given, action }: Otp): Promise<void> {
    const { userId } = principal
    if (userId === undefined || this.#proven.has(principal)) return
    const mode = (await this.#deps.standing.user(userId))?.secondFactor
    if (!(await this.#isAsked(principal, action, mode))) return
    if (!mode) throw new SecondFactorDemanded()
    // A transaction that fails would forget that a wrong code was tried.
    const otp = given ?? (this.#deps.transaction.active ? undefined : this.#brought.get(principal))
    if (otp === undefined) throw new OtpRequired()
    await this.#attempt(userId, (factor) => (factor.confirmed ? this.#spend(userId, factor, otp) : Promise.resolve(false)))
    this.#proven.add(principal)
  }

  async #isAsked({ grantId }: Principal, action: GuardedAction, mode: SecondFactorMode | null | undefined): Promise<boolean> {
    const isDemanded = action === 'demanded' || action === 'always'
    if (!isDemanded && (!mode || (action === 'write' && mode === 'auth-only'))) return false
    if (action === 'authenticate' || action === 'always' || grantId === undefined) return true
    return !(await this.#deps.standing.grant(grantId))?.bypassesSecondFactor
  }

  async state(principal: Principal): Promise<{ mode: SecondFactorMode; pending: boolean } | undefined> {
    const { userId } = knownCaller(principal)
    const [found] = await this.#deps.database.sql<{ mode: SecondFactorMode; pending: boolean }>`
      select mode, confirmed_at is null as pending from second_factors where user_id = ${userId}`
    return found
  }

  async enroll(principal: Principal, { password, mode }: { password: string; mode: SecondFactorMode }): Promise<string | undefined> {
    const { database, transaction, info } = this.#deps
    const caller = await this.#confirmed(principal, password)
    const secret = newSecret()
    const enrolled = await transaction.run(async () => {
      const [row] = await database.sql<{ user_id: string }>`
        insert into second_factors (user_id, secret, mode) values (${caller.userId}, ${secret}, ${mode})
        on conflict (user_id) do update set secret = excluded.secret, mode = excluded.mode, created_at = now()
          where second_factors.confirmed_at is null
        returning user_id`
      if (row) await this.#record(caller, 'second_factor.enrolled', { mode })
      else await this.#setMode(caller, mode)
      return row !== undefined
    })
    return enrolled ? uriOf(secret, { issuer: URL.parse(info.publicUrl)?.hostname ?? 'registry', label: caller.username }) : undefined
  }

  async confirm(principal: Principal, code: string): Promise<string[]> {
    const { database, standing } = this.#deps
    const caller = knownCaller(principal)
    const codes = newRecoveryCodes()
    await this.#attempt(caller.userId, async (factor) => {
      const step = factor.confirmed ? undefined : stepOf(factor.secret, code)
      if (step === undefined) return false
      await database.sql`
        update second_factors set confirmed_at = now(), last_step = ${step}, failures = 0, failing_since = null where user_id = ${caller.userId}`
      await database.sql`
        insert into recovery_codes (user_id, hash) select ${caller.userId}::uuid, unnest(${codes.map(recoveryHash)}::bytea[])`
      await standing.userChanged(caller.userId)
      await this.#record(caller, 'second_factor.enabled', { mode: factor.mode })
      return true
    })
    return codes
  }

  async disable(principal: Principal, password: string): Promise<void> {
    const { database, transaction, standing } = this.#deps
    const caller = await this.#confirmed(principal, password)
    await transaction.run(async () => {
      const [removed] = await database.sql<{ mode: string }>`delete from second_factors where user_id = ${caller.userId} returning mode`
      if (!removed) return
      await standing.userChanged(caller.userId)
      await this.#record(caller, 'second_factor.disabled', undefined)
    })
  }

  async reset(principal: Principal, username: string): Promise<void> {
    const { database, transaction, audit, standing } = this.#deps
    if (!isRegistryAdmin(principal)) throw new NotAllowed()
    await transaction.run(async () => {
      const [user] = await database.sql<{ id: string; removed: boolean }>`
        with removed as (delete from second_factors where user_id = (select id from accounts where name = ${username}) returning user_id)
        select users.id, exists (select from removed) as removed from users join accounts using (id)
        where name = ${username} and state <> 'deleted'`
      if (!user) throw new UserNotFound()
      if (!user.removed) return
      await standing.userChanged(user.id)
      await audit.record({ action: 'second_factor.reset', subject: username, subjectId: user.id, namespace: username })
    })
  }

  /** Counts what fails; one attempt of a user after the other. Throws SecondFactorMissing, TooManyAttempts, OtpInvalid. */
  async #attempt(userId: string, check: Check): Promise<void> {
    const outcome = await this.#deps.transaction.run(async () => {
      const factor = await this.#lock(userId)
      if (!factor) return new SecondFactorMissing()
      const { failures, forgottenIn } = factor
      if (failures >= maxFailures && forgottenIn !== null && forgottenIn > 0) return new TooManyAttempts(Math.ceil(forgottenIn))
      if (await check(factor)) return undefined
      await this.#countFailure(userId, factor)
      return new OtpInvalid()
    })
    // Not inside, because the count has to stay.
    if (outcome) throw outcome
  }

  async #lock(userId: string): Promise<FactorRow | undefined> {
    const [row] = await this.#deps.database.sql<FactorRow>`
      select secret, mode, confirmed_at is not null as confirmed, last_step as "lastStep", failures,
        (${windowSeconds}::integer - extract(epoch from now() - failing_since))::float8 as "forgottenIn"
      from second_factors where user_id = ${userId} for update`
    return row
  }

  /** A code is good once (RFC 6238 §5.2), and so is a recovery code. */
  async #spend(userId: string, { secret, lastStep }: FactorRow, otp: string): Promise<boolean> {
    const { database } = this.#deps
    const step = stepOf(secret, otp)
    if (step === undefined) return this.#spendRecoveryCode(userId, otp)
    if (step <= lastStep) return false
    await database.sql`update second_factors set last_step = ${step}, failures = 0, failing_since = null where user_id = ${userId}`
    return true
  }

  async #spendRecoveryCode(userId: string, otp: string): Promise<boolean> {
    const { database, audit } = this.#deps
    const hash = recoveryHash(otp)
    if (!hash) return false
    const [used] = await database.sql<{ left: number }>`
      with used as (delete from recovery_codes where user_id = ${userId} and hash = ${hash} returning user_id)
      select (select count(*)::integer from recovery_codes where user_id = used.user_id) - 1 as left from used`
    if (!used) return false
    await database.sql`update second_factors set failures = 0, failing_since = null where user_id = ${userId}`
    await audit.record({ action: 'second_factor.recovery_code_used', subject: userId, subjectId: userId, after: { left: used.left } })
    return true
  }

  async #countFailure(userId: string, { forgottenIn }: FactorRow): Promise<void> {
    const { database, audit } = this.#deps
    const again = forgottenIn !== null && forgottenIn > 0
    await database.sql`
      update second_factors set failures = case when ${again} then failures + 1 else 1 end,
        failing_since = case when ${again} then failing_since else now() end
      where user_id = ${userId}`
    await audit.record({ action: 'second_factor.failed', subject: userId, subjectId: userId })
  }

  async #setMode(caller: KnownCaller, mode: SecondFactorMode): Promise<void> {
    const { database, standing } = this.#deps
    await database.sql`update second_factors set mode = ${mode} where user_id = ${caller.userId}`
    await standing.userChanged(caller.userId)
    await this.#record(caller, 'second_factor.mode_changed', { mode })
  }

  /** Throws WrongPassword, and NotAllowed for a credential that is not the user's whole self. */
  async #confirmed(principal: Principal, password: string): Promise<KnownCaller> {
    const caller = knownCaller(principal)
    if (!caller.scopes.has('admin')) throw new NotAllowed()
    if (!(await this.#deps.passwords.fits(caller.username, password))) throw new WrongPassword()
    return caller
  }

  #record({ userId, username }: KnownCaller, action: string, after: object | undefined): Promise<void> {
    return this.#deps.audit.record({ action, subject: username, subjectId: userId, namespace: username, ...(after && { after }) })
  }
}
