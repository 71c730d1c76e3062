import { createHmac, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { LocalCache, LocalCaches } from '../../shared/kernel/cache.ts'
import type { Database } from '../../shared/kernel/database.ts'
import { type Authenticator, anonymous, type Principal } from '../../shared/kernel/principal.ts'
import type { AccessTokens } from './access-tokens.ts'
import { isToken, looksLikeToken, tokenHash } from './api-token.ts'
import { type Presented, parseAuthorization } from './authorization-header.ts'
import { InvalidCredentials } from './errors.ts'
import type { FirstAdminService } from './first-admin.service.ts'
import type { Passwords } from './passwords.service.ts'
import { allScopes, expandScopes } from './scopes.ts'
import type { Standing, UserStanding } from './standing.ts'
import type { TokenUse } from './token-use.ts'

/** What the bytes of a credential prove; whether that still counts is asked of `Standing` every time. */
type Proof =
  | { readonly kind: 'password'; readonly userId: string; readonly credentialsVersion: number }
  | { readonly kind: 'session'; readonly userId: string; readonly grantId: string; readonly expiresAtMs: number }
  | { readonly kind: 'token'; readonly grantId: string }

export interface AuthenticatorDeps {
  readonly database: Database
  readonly caches: LocalCaches
  readonly passwords: Passwords
  readonly accessTokens: AccessTokens
  readonly standing: Standing
  readonly tokenUse: TokenUse
  readonly firstAdmin: FirstAdminService
}

const everything = expandScopes(allScopes)

/** Bearer and Basic for every door. Every failure is the same InvalidCredentials, except TooManyAttempts and Busy for passwords. */
export class AuthenticatorService implements Authenticator {
  readonly #deps: AuthenticatorDeps
  readonly #proofs: LocalCache<Proof>
  /** Of this process and this start: a dump of the cache is of no use to guess credentials with. */
  readonly #cacheKey = randomBytes(32)

  constructor(deps: AuthenticatorDeps) {
    this.#deps = deps
    this.#proofs = deps.caches.create({ name: 'auth.proofs', maxEntries: 20_000, ttlMs: 5_000 })
  }

  async authenticate(request: FastifyRequest): Promise<Principal> {
    const { authorization } = request.headers
    if (authorization === undefined) return anonymous
    const presented = parseAuthorization(authorization)
    const principal = presented && (await this.identify(presented))
    if (!principal) throw new InvalidCredentials()
    return principal
  }

  /** Undefined for a credential that is no good; a wrong password throws InvalidCredentials. */
  async identify(presented: Presented): Promise<Principal | undefined> {
    const key = this.#keyOf(presented)
    const proof = await this.#proofs.get(key, () => this.#prove(presented))
    if (!proof) return undefined
    const principal = await this.#principalOf(proof)
    // A new password may be the same text as a proof of an older version.
    if (!principal && proof.kind === 'password') return this.#again(presented, key)
    const named = presented.scheme === 'basic' && presented.username !== ''
    return named && principal?.username !== presented.username ? undefined : principal
  }

  async #again(presented: Presented, key: string): Promise<Principal | undefined> {
    this.#proofs.invalidate(key)
    const proof = await this.#proofs.get(key, () => this.#prove(presented))
    return proof && this.#principalOf(proof)
  }

  #keyOf(presented: Presented): string {
    const parts = presented.scheme === 'bearer' ? [presented.token] : [presented.username, presented.password]
    return createHmac('sha256', this.#cacheKey).update(JSON.stringify(parts)).digest('base64url')
  }

  async #prove(presented: Presented): Promise<Proof | undefined> {
    const { passwords, accessTokens, firstAdmin } = this.#deps
    const secret = presented.scheme === 'bearer' ? presented.token : presented.password
    if (looksLikeToken(secret)) return this.#proveToken(secret)
    if (presented.scheme === 'basic') {
      await firstAdmin.ensure()
      const { userId, credentialsVersion } = await passwords.verify(presented.username, presented.password)
      return { kind: 'password', userId, credentialsVersion }
    }
    const claims = await accessTokens.verify(secret)
    return claims && { kind: 'session', userId: claims.userId, grantId: claims.sessionId, expiresAtMs: claims.expiresAtMs }
  }

  /** A mistyped or invented token costs no question to the database. */
  async #proveToken(token: string): Promise<Proof | undefined> {
    if (!isToken(token, 'gati_')) return undefined
    const [found] = await this.#deps.database.sql<{ id: string }>`
      select id from tokens where hash = ${tokenHash(token)} and revoked_at is null`
    return found && { kind: 'token', grantId: found.id }
  }

  async #principalOf(proof: Proof): Promise<Principal | undefined> {
    if (proof.kind === 'token') return this.#tokenPrincipal(proof.grantId)
    const user = await this.#deps.standing.user(proof.userId)
    if (!user) return undefined
    if (proof.kind === 'password') return user.credentialsVersion === proof.credentialsVersion ? principal(user) : undefined
    const session = proof.expiresAtMs > Date.now() ? await this.#deps.standing.grant(proof.grantId) : undefined
    return session?.userId === user.id ? { ...principal(user), grantId: proof.grantId } : undefined
  }

  async #tokenPrincipal(grantId: string): Promise<Principal | undefined> {
    const { standing, tokenUse } = this.#deps
    const token = await standing.grant(grantId)
    const user = token && (await standing.user(token.userId))
    if (!user) return undefined
    tokenUse.note(grantId)
    return {
      ...principal(user),
      grantId,
      scopes: expandScopes(token.scopes ?? []),
      ...(token.namespaces && { namespaces: token.namespaces }),
      ...(token.artifacts && { artifacts: token.artifacts }),
    }
  }
}

const principal = ({ id, username, isAdmin }: UserStanding): Principal => ({ userId: id, username, isAdmin, scopes: everything })
