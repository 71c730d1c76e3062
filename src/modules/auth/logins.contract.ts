import type { Principal, Scope } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Account } from './contract.ts'

/** What a user is asked for again, and when. `auth-only`: at logins, for tokens and the profile. */
export type SecondFactorMode = 'auth-only' | 'auth-and-writes'

/**
 * authenticate: a login, a new token, the profile. write: publishing and every other change. demanded: a change to something that wants a code of
 * everybody, except from tokens that do without; always: from those as well.
 */
export type GuardedAction = 'authenticate' | 'write' | 'demanded' | 'always'

export interface Otp {
  readonly otp: string | undefined
  readonly action: GuardedAction
}

/** One-time passwords (RFC 6238), each good once, and recovery codes. */
export interface SecondFactor {
  /**
   * Passes when the caller has no second factor, its mode does not guard the action, its token was made to bypass it, or the code is right. Throws
   * `auth.otp_required`, `auth.otp_invalid` (both with the challenge `OTP`), `auth.too_many_attempts`. To be called outside a transaction: within one only
   * a code that was good before counts. Without `otp`, the one that came with the credential.
   */
  require(principal: Principal, asked: Otp): Promise<void>
  state(principal: Principal): Promise<{ readonly mode: SecondFactorMode; readonly pending: boolean } | undefined>
  /** The `otpauth:` URI of a factor that waits for `confirm`; undefined when only the mode of a confirmed one was changed. Throws WrongPassword. */
  enroll(principal: Principal, wanted: { readonly password: string; readonly mode: SecondFactorMode }): Promise<string | undefined>
  /** Recovery codes, shown once. Throws `auth.otp_invalid`, `auth.second_factor_missing`. */
  confirm(principal: Principal, code: string): Promise<string[]>
  /** Throws WrongPassword. The caller has asked for a code before. */
  disable(principal: Principal, password: string): Promise<void>
  /** For a user that has lost its authenticator; by administrators only. Throws NotAllowed, UserNotFound. */
  reset(principal: Principal, username: string): Promise<void>
}
export const SecondFactor = service<SecondFactor>('auth.second_factor')

interface LoginCredential {
  readonly username: string
  readonly password: string
  readonly otp?: string | undefined
}
/** Name and password to a caller, for clients that log in through a door. */
export interface Logins {
  readonly registrationOpen: boolean
  /** Throws InvalidCredentials, TooManyAttempts, Busy, `auth.otp_required`, `auth.otp_invalid`. */
  logIn(credential: LoginCredential): Promise<Principal>
  /**
   * A name nobody has becomes a user where registration is open. Where it is closed, it is a wrong login, or RegistrationClosed when an address came
   * with it: nobody sends one to log in. Throws NameInvalid, NameReserved, NameTaken, PasswordTooShort, and what guards of names throw as well.
   */
  logInOrRegister(credential: LoginCredential, email: string | null): Promise<Principal>
}
export const Logins = service<Logins>('auth.logins')

export interface WebLogin {
  /** As the page and the terminal show it, for the user to compare. */
  readonly code: string
  readonly client: string
  readonly ip: string | null
  /** To be sent back by the form of the page. */
  readonly formToken: string
}

/** A login in a browser for a client that polls. Ids are secrets, kept hashed for ten minutes. */
export interface WebLogins {
  open(client: string): Promise<WebLogin & { readonly loginId: string; readonly pollId: string }>
  /** Throws WebLoginNotFound, also for one that is decided or over. */
  find(loginId: string): Promise<WebLogin>
  /** Throws WebLoginNotFound, and what `Logins.logIn` throws. */
  approve(loginId: string, credential: LoginCredential): Promise<void>
  /** The new token, once; undefined while nobody has logged in. Throws WebLoginNotFound. */
  collect(pollId: string): Promise<string | undefined>
}
export const WebLogins = service<WebLogins>('auth.web_logins')

export interface ApiToken {
  readonly id: string
  /** Hash of the token in hex: names it as well as the id does. */
  readonly key: string
  /** Its first characters. */
  readonly hint: string
  readonly name: string
  readonly scopes: Scope[]
  readonly namespaces: string[] | null
  readonly artifacts: string[] | null
  /** CIDR ranges it may be used from. */
  readonly networks: string[] | null
  readonly bypassesSecondFactor: boolean
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
}

export interface NewApiToken {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly namespaces?: readonly string[]
  readonly artifacts?: readonly string[]
  readonly networks?: readonly string[]
  /** The caller of the service has asked for password and code. */
  readonly bypassesSecondFactor?: boolean
  readonly expiresInDays?: number
}

export interface ApiTokens {
  /** Throws ScopeExceeded when it would be good for more than the credential of the owner. */
  create(owner: Principal, wanted: NewApiToken): Promise<ApiToken & { readonly token: string }>
  /** With everything the caller may do, for a client that keeps it instead of the password. */
  createForLogin(owner: Principal, name: string): Promise<string>
  list(owner: Principal, page: { limit: number; cursor?: string }): Promise<{ items: ApiToken[]; nextCursor: string | null }>
  /** By id, or by key. Every token may revoke itself; another one takes scope admin and no limits. Throws TokenNotFound. */
  revoke(owner: Principal, idOrKey: string): Promise<void>
  /** Whoever has the token may end it. Nothing happens for one that is over already. */
  revokeText(token: string): Promise<void>
}
export const ApiTokens = service<ApiTokens>('auth.tokens')

type UserProfile = Pick<Account, 'id' | 'displayName' | 'createdAt'> & { readonly username: string; readonly email: string | null }
/** Users, as far as doors ask for them. What of a profile may be shown to whom is for the door to decide: mail addresses are private. */
export interface Profiles {
  /** Throws UserNotFound. */
  find(username: string): Promise<UserProfile>
  /** A new password needs the current one. Throws WrongPassword. */
  change(
    caller: Principal,
    change: { email?: string; displayName?: string; password?: string; currentPassword?: string },
  ): Promise<UserProfile>
  /** Of a caller that is known by a token. Throws WrongPassword, TooManyAttempts, Busy. */
  confirmPassword(caller: Principal, password: string): Promise<void>
}
export const Profiles = service<Profiles>('auth.users')
