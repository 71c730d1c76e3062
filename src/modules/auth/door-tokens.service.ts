import type { Principal } from '../../shared/kernel/principal.ts'
import { looksLikeToken } from './api-token.ts'
import type { AuthenticatorService } from './authenticator.service.ts'
import type { DoorToken, DoorTokens, RepositoryAccess } from './contract.ts'
import type { DoorClaimsCodec } from './door-claims.ts'
import { InvalidCredentials } from './errors.ts'
import { knownCaller } from './known-caller.ts'
import type { Logins } from './logins.contract.ts'
import { actAs } from './logins.service.ts'
import type { TokensService } from './tokens.service.ts'

export interface DoorTokensDeps {
  readonly authenticator: AuthenticatorService
  readonly logins: Logins
  readonly doorClaims: DoorClaimsCodec
  readonly tokens: TokensService
  readonly rememberDays: number
}

export class DoorTokensService implements DoorTokens {
  readonly #deps: DoorTokensDeps
  constructor(deps: DoorTokensDeps) {
    this.#deps = deps
  }

  async issue(principal: Principal, access: RepositoryAccess): Promise<DoorToken> {
    const { authenticator, doorClaims } = this.#deps
    const { token, issuedAtMs, expiresAtMs } = await doorClaims.sign(authenticator.bearerOf(principal), access)
    return { token, expiresInSeconds: (expiresAtMs - issuedAtMs) / 1_000, issuedAt: new Date(issuedAtMs).toISOString() }
  }

  async identify(credential: Parameters<DoorTokens['identify']>[0]): Promise<Principal> {
    if (!('token' in credential)) return this.#deps.logins.logIn(credential)
    const presented = apiToken(credential.token)
    const principal = presented && (await this.#deps.authenticator.identify(presented))
    if (!principal) throw new InvalidCredentials()
    actAs(principal.username)
    return principal
  }

  async remember(principal: Principal, name: string): Promise<string> {
    const { tokens, rememberDays } = this.#deps
    const { scopes, namespaces, artifacts } = principal
    const limits = { ...(namespaces && { namespaces }), ...(artifacts && { artifacts }) }
    const { token } = await tokens.create(knownCaller(principal), { name, scopes: [...scopes], ...limits, expiresInDays: rememberDays })
    return token
  }
}

/** A JWT is no refresh token: it would renew itself for ever. */
const apiToken = (token: string) => (looksLikeToken(token) ? { scheme: 'bearer' as const, token } : undefined)
