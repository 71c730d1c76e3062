import { DomainError } from '../../../shared/errors/domain-error.ts'

/** A Bearer token of `/v2/token` that does not cover the repository and scope of the request; answered with a challenge. */
export class InsufficientAccess extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'oci.insufficient_scope'
  constructor() {
    super('the token does not cover this request; ask for another one')
  }
}

export class ScopeInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'oci.scope_invalid'
  constructor(message = 'a scope has the form repository:<name>:<action>[,<action>]') {
    super(message)
  }
}

export class FormInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'oci.form_invalid'
  constructor(message: string) {
    super(message)
  }
}
