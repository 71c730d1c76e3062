import { LRUCache } from 'lru-cache'
import type { Outbound } from '../../../shared/kernel/outbound.ts'
import { SingleFlight } from '../../../shared/kernel/single-flight.ts'
import { parseChallenge } from './auth-challenge.ts'
import { UpstreamAnswerInvalid, UpstreamDenied, UpstreamUnavailable } from './errors.ts'
import type { Upstream } from './settings.ts'

const maxTokens = 1_000
const maxAnswerBytes = 65_536
/** Of tokens that do not say how long they live (distribution-spec, token authentication). */
const defaultLifeSeconds = 60
const marginSeconds = 10

/**
 * What shows an upstream who is calling. The password goes to the upstream itself when it asks for Basic, and to the realm that it named first;
 * never to another one (D-24).
 */
export class UpstreamCredentials {
  readonly #outbound: Outbound
  readonly #upstream: Upstream
  readonly #tokens = new LRUCache<string, string>({ max: maxTokens })
  readonly #asking = new SingleFlight<string>()
  #basic = false
  #realm: string | undefined

  constructor(outbound: Outbound, upstream: Upstream) {
    this.#outbound = outbound
    this.#upstream = upstream
  }

  /** Value of `Authorization` for reading a repository, as far as the upstream has said what it wants. */
  known(repository: string): string | undefined {
    return this.#basic ? this.#password : this.#tokens.get(repository)
  }

  /** The same after a 401. Throws UpstreamDenied when there is nothing to answer the challenge with. */
  async answer(repository: string, header: string | undefined): Promise<string> {
    const challenge = parseChallenge(header ?? '')
    if (challenge?.scheme === 'bearer') {
      this.#tokens.delete(repository)
      return this.#asking.do(repository, () => this.#token(repository, this.#tokenUrl(repository, challenge)))
    }
    if (challenge === undefined || this.#password === undefined) throw new UpstreamDenied()
    this.#basic = true
    return this.#password
  }

  get #password(): string | undefined {
    const { username, password = '' } = this.#upstream
    return username === undefined ? undefined : `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  }

  /** Throws UpstreamAnswerInvalid for a realm that is not https or the upstream's own host, or that is not the one that was named first. */
  #tokenUrl(repository: string, { realm, service }: { readonly realm: string; readonly service: string | undefined }): URL {
    const url = URL.parse(realm)
    const own = new URL(this.#upstream.url)
    const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && own.protocol === 'http:' && url.hostname === own.hostname)
    if (!url || !isSafe) throw new UpstreamAnswerInvalid()
    this.#realm ??= `${url.origin}${url.pathname}`
    if (this.#realm !== `${url.origin}${url.pathname}`) throw new UpstreamAnswerInvalid()
    if (service !== undefined) url.searchParams.set('service', service)
    url.searchParams.set('scope', `repository:${repository}:pull`)
    return url
  }

  async #token(repository: string, url: URL): Promise<string> {
    const authorization = this.#password
    const answer = await this.#outbound.request(url, { headers: { accept: 'application/json', ...(authorization && { authorization }) } })
    if (answer.status !== 200) {
      answer.discard()
      throw answer.status === 429 || answer.status >= 500 ? new UpstreamUnavailable() : new UpstreamDenied()
    }
    const { token, lifeSeconds } = readToken(await answer.bytes(maxAnswerBytes))
    const value = `Bearer ${token}`
    if (lifeSeconds > marginSeconds) this.#tokens.set(repository, value, { ttl: (lifeSeconds - marginSeconds) * 1_000 })
    return value
  }
}

function readToken(body: Buffer): { readonly token: string; readonly lifeSeconds: number } {
  const { token, access_token, expires_in } = parsed(body)
  const text = token ?? access_token
  if (typeof text !== 'string' || !/^[\x21-\x7e]+$/.test(text)) throw new UpstreamAnswerInvalid()
  return { token: text, lifeSeconds: typeof expires_in === 'number' ? Math.min(expires_in, 86_400) : defaultLifeSeconds }
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
