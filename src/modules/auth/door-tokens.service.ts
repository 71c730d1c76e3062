import type { Principal } from '../../shared/kernel/principal.ts'
import { requestContext } from '../../shared/kernel/request-context.ts'
import { looksLikeToken } from './api-token.ts'
import type { AuthenticatorService } from './authenticator.service.ts'
import type { DoorToken, DoorTokens, RepositoryAccess } from './contract.ts'
import type { DoorClaimsCodec } from './door-claims.ts'
import { InvalidCredentials } from './errors.ts'
import { knownCaller } from './known-caller.ts'
import type { TokensService } from './tokens.service.ts'

export interface DoorTokensDeps {
  readonly authenticator: AuthenticatorService
  readonly doorClaims: DoorClaimsCodec
  readonly tokens: TokensService
  readonly rememberDays: number
}

const maxUsernameLength = 100
const maxPasswordLength = 1_000

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
    const presented = 'token' in credential ? apiToken(credential.token) : nameAndSecret(credential)
    const principal = presented && (await this.#deps.authenticator.identify(presented))
    if (!principal) throw new InvalidCredentials()
    // The request came without a credential; from here on it is known whose it is.
    const context = requestContext()
    if (context) context.actor = principal.username ?? null
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

/** As Basic would carry them (RFC 7617 §2: no colon in a name), within what a user could have chosen. */
function nameAndSecret({ username, password }: { readonly username: string; readonly password: string }) {
  const possible = username.length <= maxUsernameLength && password.length <= maxPasswordLength && !/[:\0]/.test(username)
  return possible && !password.includes('\0') ? { scheme: 'basic' as const, username, password } : undefined
}
