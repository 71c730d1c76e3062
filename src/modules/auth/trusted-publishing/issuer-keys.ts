import { type CryptoKey, importJWK, type JWK } from 'jose'
import type { Logger } from '../../../shared/kernel/logger.ts'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import { IssuerUnavailable } from './errors.ts'
import { algorithmsOf, type TrustedIssuer } from './settings.ts'

const maxBytes = 262_144
const freshMs = 600_000
/** Keys that cannot be fetched again are still good for so long. */
const usableMs = 86_400_000
/** Tokens with invented key ids must not become requests to the issuer. */
const retryMs = 30_000
/** While there are no keys at all. */
const impatientMs = 2_000

export interface IssuerKey {
  readonly key: CryptoKey
  /** The only one that the key is used with (D-23). */
  readonly algorithm: string
}

export interface IssuerKeysDeps {
  readonly outbound: Outbound
  readonly log: Logger
  /** Milliseconds. */
  readonly clock?: () => number
}

/** The public keys of one issuer, by key id. */
export class IssuerKeys {
  readonly #issuer: TrustedIssuer
  readonly #deps: IssuerKeysDeps
  #keys: ReadonlyMap<string, IssuerKey> = new Map()
  #loadedAt = Number.NEGATIVE_INFINITY
  #triedAt = Number.NEGATIVE_INFINITY
  #loading: Promise<void> | undefined

  constructor(issuer: TrustedIssuer, deps: IssuerKeysDeps) {
    this.#issuer = issuer
    this.#deps = deps
  }

  /** By exactly this id; undefined for one that the issuer does not publish. Throws IssuerUnavailable. */
  async find(kid: string): Promise<IssuerKey | undefined> {
    const isFresh = this.#now() - this.#loadedAt < freshMs
    const isKnown = this.#keys.has(kid)
    if (!isFresh || !isKnown) await this.#refresh()
    return this.#keys.get(kid)
  }

  async #refresh(): Promise<void> {
    const pauseMs = this.#isUsable() ? retryMs : impatientMs
    if (!this.#loading && this.#now() - this.#triedAt >= pauseMs) {
      this.#triedAt = this.#now()
      this.#loading = this.#load()
        .catch((error: unknown) => this.#deps.log.warn({ err: error, issuer: this.#issuer.issuer }, 'a trusted issuer gives no keys'))
        .finally(() => {
          this.#loading = undefined
        })
    }
    await this.#loading
    if (!this.#isUsable()) throw new IssuerUnavailable(this.#issuer.issuer)
  }

  #isUsable(): boolean {
    return this.#now() - this.#loadedAt < usableMs
  }

  async #load(): Promise<void> {
    const { jwksUrl = await this.#discover() } = this.#issuer
    const { keys } = await this.#fetchJson<{ keys?: unknown }>(jwksUrl)
    if (!Array.isArray(keys)) throw new Error(`${jwksUrl} is no JSON Web Key Set`)
    const usable = await Promise.all(keys.slice(0, 100).map((jwk: JWK) => this.#import(jwk)))
    this.#keys = new Map(usable.flatMap((key) => (key ? [key] : [])))
    this.#loadedAt = this.#now()
  }

  /** OpenID Connect Discovery 1.0 §4.3: the document has to be of the issuer it was asked from. */
  async #discover(): Promise<string> {
    const { issuer } = this.#issuer
    const found = await this.#fetchJson<{ issuer?: unknown; jwks_uri?: unknown }>(
      `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    )
    const { jwks_uri: url } = found
    if (found.issuer !== issuer || typeof url !== 'string') throw new Error(`the discovery document of ${issuer} is of another issuer`)
    if (issuer.startsWith('https:') && !url.startsWith('https:')) throw new Error(`the keys of ${issuer} are not behind https`)
    return url
  }

  async #fetchJson<T>(url: string): Promise<T> {
    const answer = await this.#deps.outbound.request(url, { headers: { accept: 'application/json' } })
    if (answer.status !== 200) {
      answer.discard()
      throw new Error(`${url} answered ${answer.status}`)
    }
    const value: unknown = JSON.parse((await answer.bytes(maxBytes)).toString('utf8'))
    if (typeof value !== 'object' || value === null) throw new Error(`${url} is no JSON object`)
    return value as T
  }

  /** Undefined for keys that are not for signatures, have no id, or are of an algorithm that is not on the list. */
  async #import(jwk: JWK): Promise<readonly [string, IssuerKey] | undefined> {
    const algorithm = jwk.alg ?? defaultAlgorithm(jwk)
    if (typeof jwk.kid !== 'string' || (jwk.use ?? 'sig') !== 'sig' || !algorithmsOf(this.#issuer).includes(algorithm)) return undefined
    const { kty, n, e, crv, x, y } = jwk
    const publicJwk = Object.fromEntries(Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined)) as JWK
    const key = await importJWK(publicJwk, algorithm).catch(() => undefined)
    return key === undefined || key instanceof Uint8Array ? undefined : [jwk.kid, { key, algorithm }]
  }

  #now(): number {
    return (this.#deps.clock ?? (() => performance.now()))()
  }
}

function defaultAlgorithm({ kty, crv }: JWK): string {
  if (kty === 'RSA') return 'RS256'
  if (kty === 'OKP') return 'EdDSA'
  return crv === 'P-384' ? 'ES384' : 'ES256'
}
