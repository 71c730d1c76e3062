import { DomainError } from '../../../shared/errors/domain-error.ts'

/** It does not answer, or says that it cannot. */
export class UpstreamUnavailable extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'oci.upstream_unavailable'
  constructor(cause?: unknown) {
    super('the registry behind this cache does not answer', { cause })
  }
  override get retryAfterSeconds() {
    return 5
  }
}

/** What came is not what was asked for; nothing of it is kept. */
export class UpstreamAnswerInvalid extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'oci.upstream_answer_invalid'
  constructor(cause?: unknown) {
    super('the registry behind this cache sent something else than was asked for', { cause })
  }
}

/** The account of the cache, or everybody, may not have it there. Never reaches a caller: there it is absent. */
export class UpstreamDenied extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'oci.upstream_denied'
  constructor() {
    super('the registry behind this cache refuses to give it')
  }
}

export class CachePushRefused extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'oci.cache_push_refused'
  constructor() {
    super('this namespace is a cache of another registry: push there')
  }
}
