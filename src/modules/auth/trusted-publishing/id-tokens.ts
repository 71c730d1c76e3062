import { hash } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose'
import type { KernelInfo } from '../../../shared/kernel/kernel-info.ts'
import type { Claims } from './claims.ts'
import { IdTokenInvalid } from './errors.ts'
import { type IssuerKey, IssuerKeys, type IssuerKeysDeps } from './issuer-keys.ts'
import { algorithmsOf, type TrustedIssuer } from './settings.ts'

/** D-23 */
const maxTokenLength = 8_192
export const leewaySeconds = 30
/** Ids of used tokens are kept for as long as the tokens are good. */
const maxLifetimeSeconds = 86_400

export interface VerifiedIdToken {
  readonly issuer: TrustedIssuer
  readonly claims: Claims & { readonly sub: string; readonly exp: number }
  /** Names the token among those of its issuer. */
  readonly tokenId: string
}

export interface IdTokensDeps extends IssuerKeysDeps {
  readonly info: Pick<KernelInfo, 'publicUrl'>
  readonly issuers: readonly TrustedIssuer[]
}

interface Known {
  readonly issuer: TrustedIssuer
  readonly keys: IssuerKeys
}

/** Id tokens of OpenID Connect, of the issuers that this registry trusts. Nothing in the header of a token but the id of its key is followed. */
export class IdTokens {
  readonly #info: Pick<KernelInfo, 'publicUrl'>
  readonly #issuers: ReadonlyMap<string, Known>

  constructor({ info, issuers, ...deps }: IdTokensDeps) {
    this.#info = info
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, { issuer, keys: new IssuerKeys(issuer, deps) }]))
  }

  /** Throws IdTokenInvalid with the reason, IssuerUnavailable. */
  async verify(token: string): Promise<VerifiedIdToken> {
    if (token === '') throw new IdTokenInvalid('is missing: send it as `Authorization: Bearer`')
    if (token.length > maxTokenLength) throw new IdTokenInvalid('is larger than 8 KiB')
    const { known, algorithm, kid } = this.#read(token)
    const found = await known.keys.find(kid)
    if (!found) throw new IdTokenInvalid(`is signed with a key that ${known.issuer.issuer} does not publish`)
    if (found.algorithm !== algorithm) throw new IdTokenInvalid(`is signed with ${algorithm}, and its key is for ${found.algorithm}`)
    const claims = await this.#check(token, known.issuer, found)
    return { issuer: known.issuer, claims, tokenId: tokenIdOf(token, claims) }
  }

  /** What decides which key to ask for; nothing of it is believed yet. */
  #read(token: string): { readonly known: Known; readonly algorithm: string; readonly kid: string } {
    const { header, payload } = decode(token)
    const known = typeof payload.iss === 'string' ? this.#issuers.get(payload.iss) : undefined
    if (!known) throw new IdTokenInvalid(`is of an issuer that this registry does not trust (${shown(payload.iss)})`)
    const { alg, kid } = header
    if (typeof alg !== 'string' || !algorithmsOf(known.issuer).includes(alg)) throw new IdTokenInvalid(`is signed with ${shown(alg)}`)
    if (typeof kid !== 'string') throw new IdTokenInvalid('does not name the key it is signed with')
    return { known, algorithm: alg, kid }
  }

  async #check(token: string, issuer: TrustedIssuer, { key, algorithm }: IssuerKey): Promise<VerifiedIdToken['claims']> {
    const audience = issuer.audience ?? `npm:${new URL(this.#info.publicUrl).hostname}`
    const { payload } = await jwtVerify(token, key, {
      ...{ algorithms: [algorithm], issuer: issuer.issuer, audience, clockTolerance: leewaySeconds },
      requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp'],
    }).catch((error: unknown) => {
      throw refusalOf(error, audience)
    })
    const now = Math.floor(Date.now() / 1_000)
    const { sub = '', iat = 0, exp = 0 } = payload
    if (iat > now + leewaySeconds) throw new IdTokenInvalid('is of the future')
    if (exp > now + maxLifetimeSeconds) throw new IdTokenInvalid('is good for longer than a day')
    return { ...payload, sub, exp }
  }
}

function decode(token: string) {
  try {
    return { header: decodeProtectedHeader(token), payload: decodeJwt(token) }
  } catch (cause) {
    throw new IdTokenInvalid('is no JSON Web Token', cause)
  }
}

function refusalOf(error: unknown, audience: string): unknown {
  if (error instanceof errors.JWTExpired) return new IdTokenInvalid('has expired', error)
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'aud')
      return new IdTokenInvalid(`is for the audience ${shown(audienceOf(error.payload))}, this registry is ${audience}`, error)
    return new IdTokenInvalid(`has no good claim ${error.claim}: ${error.reason}`, error)
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return new IdTokenInvalid('has a wrong signature', error)
  return error instanceof errors.JOSEError ? new IdTokenInvalid('is not well-formed', error) : error
}

const audienceOf = ({ aud }: JWTPayload): string => [aud ?? 'none'].flat().join(', ')
const shown = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 200) : 'none')

/** A digest of `jti`, which may be any text. Where there is none (CircleCI), the token itself stands for it. */
const tokenIdOf = (token: string, { jti }: Claims): string =>
  hash('sha256', typeof jti === 'string' && jti !== '' ? `jti ${jti}` : token, 'hex')
