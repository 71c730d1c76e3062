import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import { uuidForm } from './page.ts'
import { algorithm, type SigningKeys } from './signing-keys.ts'

const issuer = 'gati-registry'
const audience = 'gati-registry'
const maxLength = 8_192
const allowedHeader = new Set(['alg', 'kid', 'typ'])
const leewaySeconds = 5
const isUuid = (claim: string | undefined): claim is string => claim !== undefined && uuidForm.test(claim)

export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
  readonly expiresAtMs: number
}

/** Short-lived JWTs that name a user and a session; rights are looked up, never carried (design.md §8). */
export class AccessTokens {
  readonly #keys: SigningKeys
  readonly #lifetimeSeconds: number

  constructor(keys: SigningKeys, lifetimeSeconds: number) {
    this.#keys = keys
    this.#lifetimeSeconds = lifetimeSeconds
  }

  async sign(userId: string, sessionId: string): Promise<{ readonly accessToken: string; readonly expiresAt: string }> {
    const { kid, privateKey } = this.#keys.newest
    const issuedAt = Math.floor(Date.now() / 1_000)
    const expiresAt = issuedAt + this.#lifetimeSeconds
    const accessToken = await new SignJWT()
      .setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' })
      .setSubject(userId)
      .setJti(sessionId)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(privateKey)
    return { accessToken, expiresAt: new Date(expiresAt * 1_000).toISOString() }
  }

  /** Undefined for anything but a token of this registry that is good now (D-23). */
  async verify(token: string): Promise<AccessClaims | undefined> {
    if (token.length > maxLength) return undefined
    try {
      const { payload } = await jwtVerify(token, await this.#keyOf(token), {
        algorithms: [algorithm],
        issuer,
        audience,
        clockTolerance: leewaySeconds,
        requiredClaims: ['sub', 'jti', 'iat', 'nbf', 'exp'],
      })
      const { sub, jti, exp } = payload
      if (!isUuid(sub) || !isUuid(jti) || exp === undefined || payload.aud !== audience) return undefined
      return { userId: sub, sessionId: jti, expiresAtMs: (exp + leewaySeconds) * 1_000 }
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined
      throw error
    }
  }

  /** Only by the id of a key of ours: a header that brings or names another key is refused, not ignored. */
  async #keyOf(token: string) {
    const header = decodeProtectedHeader(token)
    const strange = Object.keys(header).some((name) => !allowedHeader.has(name))
    const key = strange || typeof header.kid !== 'string' ? undefined : await this.#keys.publicKey(header.kid)
    if (!key) throw new errors.JWSInvalid('the header names no key of this registry')
    return key
  }
}
