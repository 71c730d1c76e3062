import { DomainError } from '../../../shared/errors/domain-error.ts'

const retryAfterSeconds = 5

export class UpstreamUnavailable extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'npm.upstream_unavailable'
  constructor(cause?: unknown) {
    super('the registry that has this package does not answer as it should', { cause })
  }
  override get retryAfterSeconds(): number {
    return retryAfterSeconds
  }
}

/** One worker reads the documents of a process; whoever waits for long is told to come back. */
export class UpstreamsBusy extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'npm.upstreams_busy'
  constructor() {
    super('too many packages of other registries are being read right now')
  }
  override get retryAfterSeconds(): number {
    return retryAfterSeconds
  }
}

/** Not of the bytes its document speaks of. */
export class UpstreamTarballInvalid extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'npm.upstream_tarball_invalid'
  constructor() {
    super('the registry that has this package sent other bytes than its document speaks of')
  }
  override get retryAfterSeconds(): number {
    return retryAfterSeconds
  }
}

/** Whoever owns a namespace owns the names in its scope: those that clients have installed from elsewhere so far as well. */
export class ScopeElsewhere extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'npm.scope_elsewhere'
  readonly #name: string
  constructor(name: string) {
    super(`packages of @${name} come from another registry, so only an administrator of this one can create ${name}`)
    this.#name = name
  }
  override get details(): Record<string, unknown> {
    return { name: this.#name }
  }
  override get suggestions(): readonly string[] {
    return ['choose another name, or ask an administrator of this registry']
  }
}

/** Two packages of one name would be one too many: whoever installs could get either. */
export class NameElsewhere extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'npm.name_elsewhere'
  constructor() {
    super('a package of this name comes from another registry, which this one is configured to ask for it')
  }
  override get suggestions(): readonly string[] {
    return ['publish under a scope of this registry']
  }
}
