import { hash, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database } from '../../shared/kernel/database.ts'
import { type Authenticator, anonymous, type Principal } from '../../shared/kernel/principal.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import type { AccessTokens } from './access-tokens.ts'
import { isToken, looksLikeToken, tokenHash } from './api-token.ts'
import { type Presented, parseAuthorization } from './authorization-header.ts'
import type { DoorBearer, DoorClaims, DoorClaimsCodec } from './door-claims.ts'
import { AddressNotAllowed, InvalidCredentials } from './errors.ts'
import type { FirstAdminService } from './first-admin.service.ts'
import { isFrom } from './networks.ts'
import { otpOf } from './otp-header.ts'
import type { Passwords } from './passwords.service.ts'
import { allScopes, expandScopes } from './scopes.ts'
import type { SecondFactorService } from './second-factor.service.ts'
import type { Standing, UserStanding } from './standing.ts'
import type { TokenUse } from './token-use.ts'

/** What the bytes of a credential prove; whether that still counts is asked of `Standing` every time. */
type Proof =
  | { readonly kind: 'password'; readonly userId: string; readonly credentialsVersion: number }
  | { readonly kind: 'session'; readonly userId: string; readonly grantId: string; readonly expiresAtMs: number }
  | { readonly kind: 'token'; readonly grantId: string }
  | (DoorClaims & { readonly kind: 'door' })

export interface AuthenticatorDeps {
  readonly database: Database
  readonly caches: LocalCaches
  readonly passwords: Passwords
  readonly accessTokens: AccessTokens
  readonly doorClaims: DoorClaimsCodec
  readonly standing: Standing
  readonly tokenUse: TokenUse
  readonly secondFactor: SecondFactorService
  readonly firstAdmin: FirstAdminService
}

const everything = expandScopes(allScopes)

/** Bearer and Basic for every door. Every failure is the same InvalidCredentials, except TooManyAttempts and Busy for passwords. */
export class AuthenticatorService implements Authenticator {
  readonly #deps: AuthenticatorDeps
  readonly #proofs: LocalCache<Proof>
  /** Of this process and this start: a dump of the cache is of no use to guess credentials with. */
  readonly #cacheKey = randomBytes(32).toString('base64')
  /** Of callers with a password, the version of it that was checked. */
  readonly #versions = new WeakMap<Principal, number>()

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps
    this.#proofs = deps.caches.create({ name: 'auth.proofs', maxEntries: 20_000, ttlMs: 5_000 })
  }

  async authenticate(request: FastifyRequest): Promise<Principal> {
    const { authorization } = request.headers
    if (authorization === undefined) return anonymous
    const presented = parseAuthorization(authorization)
    const principal = presented && (await this.identify(presented, otpOf(request.headers)))
    if (!principal) throw new InvalidCredentials()
    return principal
  }

  /**
   * Undefined for a credential that is no good; a wrong password throws InvalidCredentials, and one that is right but not enough
   * OtpRequired or OtpInvalid.
   */
  async identify(presented: Presented, otp?: string): Promise<Principal | undefined> {
    const principal = await this.#identifyFirst(presented)
    if (principal && otp !== undefined) this.#deps.secondFactor.bring(principal, otp)
    if (principal?.userId !== undefined && this.#versions.has(principal))
      await this.#deps.secondFactor.require(principal, { otp, action: 'authenticate' })
    return principal
  }

  async #identifyFirst(presented: Presented): Promise<Principal | undefined> {
    const key = this.#keyOf(presented)
    const proof = await this.#proofs.get(key, () => this.#prove(presented))
    if (!proof) return undefined
    const principal = await this.#principalOf(proof)
    // A new password may be the same text as a proof of an older version.
    if (!principal && proof.kind === 'password') return this.#again(presented, key)
    const named = presented.scheme === 'basic' && presented.username !== ''
    return named && principal?.username !== presented.username ? undefined : principal
  }

  /** What a token for this caller depends on. Throws InvalidCredentials for one who came with a token of a door. */
  bearerOf(principal: Principal): DoorBearer {
    const { userId, grantId, access } = principal
    if (access !== undefined) throw new InvalidCredentials()
    if (userId === undefined) return undefined
    if (grantId !== undefined) return { userId, grantId }
    const credentialsVersion = this.#versions.get(principal)
    if (credentialsVersion === undefined) throw new InvalidCredentials()
    return { userId, credentialsVersion }
  }

  async #again(presented: Presented, key: string): Promise<Principal | undefined> {
    this.#proofs.invalidate(key)
    const proof = await this.#proofs.get(key, () => this.#prove(presented))
    return proof && this.#principalOf(proof)
  }

  #keyOf(presented: Presented): string {
    const parts = presented.scheme === 'bearer' ? [presented.token] : [presented.username, presented.password]
    return hash('sha256', this.#cacheKey + JSON.stringify(parts), 'base64')
  }

  async #prove(presented: Presented): Promise<Proof | undefined> {
    const { passwords, firstAdmin } = this.#deps
    const secret = presented.scheme === 'bearer' ? presented.token : presented.password
    if (looksLikeToken(secret)) return this.#proveToken(secret)
    if (presented.scheme === 'basic') {
      await firstAdmin.ensure()
      const { userId, credentialsVersion } = await passwords.verify(presented.username, presented.password)
      return { kind: 'password', userId, credentialsVersion }
    }
    return this.#proveJwt(secret)
  }

  async #proveJwt(token: string): Promise<Proof | undefined> {
    const claims = await this.#deps.accessTokens.verify(token)
    if (claims) return { kind: 'session', userId: claims.userId, grantId: claims.sessionId, expiresAtMs: claims.expiresAtMs }
    const door = await this.#deps.doorClaims.verify(token)
    return door && { kind: 'door', ...door }
  }

  /** A mistyped or invented token costs no question to the database. */
  async #proveToken(token: string): Promise<Proof | undefined> {
    if (!isToken(token, 'gati_')) return undefined
    const [found] = await this.#deps.database.sql<{ id: string }>`
      select id from tokens where hash = ${tokenHash(token)} and revoked_at is null`
    return found && { kind: 'token', grantId: found.id }
  }

  async #principalOf(proof: Proof): Promise<Principal | undefined> {
    if (proof.kind === 'password') return this.#passwordPrincipal(proof)
    if (proof.kind === 'token') return this.#grantPrincipal(proof.grantId)
    if (proof.expiresAtMs <= Date.now()) return undefined
    return proof.kind === 'session' ? this.#grantPrincipal(proof.grantId, proof.userId) : this.#doorPrincipal(proof)
  }

  async #passwordPrincipal({ userId, credentialsVersion }: { readonly userId: string; readonly credentialsVersion: number }) {
    const user = await this.#deps.standing.user(userId)
    if (user?.credentialsVersion !== credentialsVersion) return undefined
    const known = principal(user)
    this.#versions.set(known, credentialsVersion)
    return known
  }

  /** Good for as long as the credential behind it, whose id it does not carry: it cannot end or change that one. */
  async #doorPrincipal({ bearer, access }: DoorClaims): Promise<Principal | undefined> {
    if (!bearer) return { ...anonymous, access }
    const known = await ('grantId' in bearer ? this.#grantPrincipal(bearer.grantId, bearer.userId) : this.#passwordPrincipal(bearer))
    if (!known) return undefined
    const { grantId: _behind, ...rest } = known
    return { ...rest, access }
  }

  /** Of a session, or an API token with its limits. */
  async #grantPrincipal(grantId: string, userId?: string): Promise<Principal | undefined> {
    const { standing, tokenUse } = this.#deps
    const grant = await standing.grant(grantId)
    const user = grant && (await standing.user(grant.userId))
    if (!user || (userId !== undefined && user.id !== userId)) return undefined
    if (grant.scopes === null) return { ...principal(user), grantId }
    if (grant.networks && !isFrom(requestContext()?.ip ?? null, grant.networks)) throw new AddressNotAllowed()
    tokenUse.note(grantId)
    return {
      ...principal(user),
      grantId,
      scopes: expandScopes(grant.scopes),
      ...(grant.namespaces && { namespaces: grant.namespaces }),
      ...(grant.artifacts && { artifacts: grant.artifacts }),
      ...(grant.stagesOnly && { stagesOnly: true }),
    }
  }
}

const principal = ({ id, username, isAdmin }: UserStanding): Principal => ({ userId: id, username, isAdmin, scopes: everything })
