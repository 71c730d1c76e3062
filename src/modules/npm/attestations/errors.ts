import { DomainError } from '../../../shared/errors/domain-error.ts'

/** Clients take a 404 for a registry that does not sign. */
export class NoKeys extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'npm.no_keys'
  constructor() {
    super('this registry has signed nothing yet')
  }
}

export class NoAttestations extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'npm.no_attestations'
  constructor() {
    super('there are no attestations of this version')
  }
}
