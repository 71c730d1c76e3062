import { DomainError } from '../errors/domain-error.ts'

export class AdminRequired extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'kernel.admin_required'
  constructor() {
    super('only an administrator of the registry may do this')
  }
}

export class DeadLetterNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'kernel.dead_letter_not_found'
  constructor() {
    super('no dead letter has this id')
  }
}

/** D-24: not http, not a public address, or a redirect to such. Says no more, because who asked may be curious about what is inside. */
export class OutboundRefused extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'kernel.outbound_refused'
  constructor() {
    super('the registry does not connect to that address')
  }
  override get suggestions(): readonly string[] {
    return ['the operator can allow hosts and networks with REGISTRY_OUTBOUND_ALLOW']
  }
}

export class OutboundFailed extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'kernel.outbound_failed'
  constructor(cause: unknown) {
    super('another server did not answer as it should', { cause })
  }
  override get retryAfterSeconds(): number {
    return 5
  }
}

export class OutboundTooLarge extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'kernel.outbound_too_large'
  constructor(maxBytes: number) {
    super(`another server answered with more than ${maxBytes} bytes`)
  }
}
