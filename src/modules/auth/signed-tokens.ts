import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { algorithm, type SigningKeys } from './signing-keys.ts'

const issuer = 'gati-registry'
export const maxTokenLength = 8_192
const allowedHeader = new Set(['alg', 'kid', 'typ'])
export const leewaySeconds = 5

export interface SignedToken {
  readonly token: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** JWTs of one audience, by the keys of this registry and nothing a token itself could bring (D-23). */
export class SignedTokens {
  readonly #keys: SigningKeys
  readonly #audience: string
  readonly #lifetimeSeconds: number

  constructor(keys: SigningKeys, audience: string, lifetimeSeconds: number) {
    this.#keys = keys
    this.#audience = audience
    this.#lifetimeSeconds = lifetimeSeconds
  }

  async sign(claims: JWTPayload): Promise<SignedToken> {
    const { kid, privateKey } = this.#keys.newest
    const issuedAt = Math.floor(Date.now() / 1_000)
    const expiresAt = issuedAt + this.#lifetimeSeconds
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(this.#audience)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(privateKey)
    return { token, issuedAtMs: issuedAt * 1_000, expiresAtMs: expiresAt * 1_000 }
  }

  /** Undefined for anything but a token of this registry and audience that is good now. */
  async verify(token: string): Promise<(JWTPayload & { readonly exp: number }) | undefined> {
    if (token.length > maxTokenLength) return undefined
    try {
      // Before the signature is checked, which costs more.
      if (decodeJwt(token).aud !== this.#audience) return undefined
      const { payload } = await jwtVerify(token, await this.#keyOf(token), {
        algorithms: [algorithm],
        issuer,
        audience: this.#audience,
        clockTolerance: leewaySeconds,
        requiredClaims: ['iat', 'nbf', 'exp'],
      })
      const { exp } = payload
      return exp === undefined ? undefined : { ...payload, exp }
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

/** When a token with this claim is good no longer. */
export const endOf = ({ exp }: { readonly exp: number }): number => (exp + leewaySeconds) * 1_000
