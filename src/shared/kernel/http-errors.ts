import { DomainError } from '../errors/domain-error.ts'
import type { Scope } from './principal.ts'

export class AuthRequired extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'auth.required'
  constructor() {
    super('this needs a credential')
  }
  override get suggestions(): readonly string[] {
    return ['send a token as `Authorization: Bearer`, or name and password as Basic']
  }
}

export class InsufficientScope extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'auth.insufficient_scope'
  readonly #required: Scope
  readonly #granted: readonly Scope[]
  constructor(required: Scope, granted: readonly Scope[]) {
    super('the credential does not hold the scope this needs')
    this.#required = required
    this.#granted = granted
  }
  override get details(): Record<string, unknown> {
    return { required: this.#required, granted: this.#granted }
  }
}

export class RateLimited extends DomainError {
  readonly kind = 'too-many'
  readonly code = 'request.rate_limited'
  readonly #retryAfterSeconds: number
  constructor(retryAfterSeconds: number) {
    super('too many requests')
    this.#retryAfterSeconds = retryAfterSeconds
  }
  override get retryAfterSeconds(): number {
    return this.#retryAfterSeconds
  }
}

export class RouteNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'request.not_found'
  constructor() {
    super('there is no such route')
  }
}

/** What is wrong with the exchange itself, whatever it was about; `statusCode` is 4xx. */
export class BadExchange extends Error {
  readonly statusCode: number
  readonly code: string
  constructor(statusCode: number, code: string, message: string) {
    super(message)
    this.name = 'BadExchange'
    this.statusCode = statusCode
    this.code = code
  }
}

export class BodyTooLarge extends BadExchange {
  constructor() {
    super(413, 'request.too_large', 'the body is larger than this route accepts')
  }
}

const fastifyErrors: Readonly<Record<string, readonly [number, string, string]>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, 'request.unsupported_media_type', 'this route does not read that content type'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [400, 'request.truncated', 'the body is not as long as its content-length'],
  FST_ERR_BAD_URL: [400, 'request.invalid_url', 'the path is not valid percent-encoded UTF-8'],
  FST_ERR_MAX_PARAM_LENGTH: [414, 'request.url_too_long', 'a segment of the path is too long'],
}

/** Fastify's own refusals in the words of this registry; anything else unchanged. */
export function inOurWords(error: unknown): unknown {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new BodyTooLarge()
  const known = typeof code === 'string' ? fastifyErrors[code] : undefined
  return known ? new BadExchange(...known) : error
}
