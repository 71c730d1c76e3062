import { uuidForm } from '../../shared/types/uuidv7.ts'
import { endOf, SignedTokens } from './signed-tokens.ts'
import type { SigningKeys } from './signing-keys.ts'

const audience = 'gati-registry'
const isUuid = (claim: string | undefined): claim is string => claim !== undefined && uuidForm.test(claim)

export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
  readonly expiresAtMs: number
}

/** Short-lived JWTs that name a user and a session; rights are looked up, never carried (design.md §8). */
export class AccessTokens {
  readonly #tokens: SignedTokens

  constructor(keys: SigningKeys, lifetimeSeconds: number) {
    this.#tokens = new SignedTokens(keys, audience, lifetimeSeconds)
  }

  async sign(userId: string, sessionId: string): Promise<{ readonly accessToken: string; readonly expiresAt: string }> {
    const { token, expiresAtMs } = await this.#tokens.sign({ sub: userId, jti: sessionId })
    return { accessToken: token, expiresAt: new Date(expiresAtMs).toISOString() }
  }

  /** Undefined for anything but a token of this registry that is good now (D-23). */
  async verify(token: string): Promise<AccessClaims | undefined> {
    const payload = await this.#tokens.verify(token)
    if (!payload || !isUuid(payload.sub) || !isUuid(payload.jti)) return undefined
    return { userId: payload.sub, sessionId: payload.jti, expiresAtMs: endOf(payload) }
  }
}
