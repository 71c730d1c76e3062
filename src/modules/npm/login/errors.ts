import { DomainError } from '../../../shared/errors/domain-error.ts'

abstract class Invalid extends DomainError {
  readonly kind = 'invalid'
}

export class UserMismatch extends Invalid {
  readonly code = 'npm.user_mismatch'
  constructor() {
    super('the address is org.couchdb.user:<name>, with the name that the body has')
  }
}

export class FormInvalid extends Invalid {
  readonly code = 'npm.form_invalid'
}

export class ProfileKeyUnsupported extends Invalid {
  readonly code = 'npm.profile_key_unsupported'
  constructor(key: string) {
    super(`this registry keeps no ${key} in a profile`)
  }
}

export class TokenLimitUnsupported extends Invalid {
  readonly code = 'npm.token_limit_unsupported'
}

export class CrossSite extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'npm.cross_site'
  constructor() {
    super('this form was sent from another site')
  }
}

/** Makes npm ask in the terminal, where a user can be created. */
export class WebRegistrationMissing extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'npm.web_registration_missing'
  constructor() {
    super('users are created in the terminal: npm adduser --auth-type=legacy')
  }
}
