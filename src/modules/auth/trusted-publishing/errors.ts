import { DomainError } from '../../../shared/errors/domain-error.ts'

export class IdTokenInvalid extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'auth.id_token_invalid'
  constructor(reason: string, cause?: unknown) {
    super(`the id token ${reason}`, { cause })
  }
}

export class IdTokenReplayed extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'auth.id_token_replayed'
  constructor() {
    super('the id token was used before; ask the CI for a new one')
  }
}

export class IssuerUnavailable extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'auth.issuer_unavailable'
  constructor(issuer: string, cause?: unknown) {
    super(`the keys of ${issuer} cannot be fetched right now`, { cause })
  }
  override get retryAfterSeconds(): number {
    return 5
  }
}

/** The same for a package that does not exist, one that nobody may see and one that trusts others. */
export class NoTrustedPublisher extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'auth.no_trusted_publisher'
  /** For the log only: what other publishers of the package wanted. */
  readonly reasons: readonly string[]
  constructor(message: string, reasons: readonly string[]) {
    super(message)
    this.reasons = reasons
  }
}

export class PublisherInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'auth.publisher_invalid'
  constructor(reason: string) {
    super(`this cannot be a trusted publisher: ${reason}`)
  }
}

export class PublisherExists extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'auth.publisher_exists'
  constructor() {
    super('this package has this trusted publisher already')
  }
}

export class TooManyPublishers extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'auth.too_many_publishers'
  constructor() {
    super('this package, or this user, has as many trusted publishers as it may have')
  }
}

export class PublisherNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'auth.publisher_not_found'
  constructor() {
    super('this package has no such trusted publisher')
  }
}
