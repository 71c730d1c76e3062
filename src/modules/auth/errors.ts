import { DomainError } from '../../shared/errors/domain-error.ts'

/** One message for every reason, so that nobody learns which part was wrong. */
export class InvalidCredentials extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'auth.invalid_credentials'
  constructor() {
    super('the credentials are not valid')
  }
}

/** npm asks for a code when it reads this challenge, or the words `one-time pass`. */
abstract class OtpChallenge extends DomainError {
  readonly kind = 'unauthenticated'
  override get challenge() {
    return 'OTP'
  }
  override get suggestions() {
    return ['send a code of the authenticator in the header npm-otp', 'or use an API token in the place of the password']
  }
}
export class OtpRequired extends OtpChallenge {
  readonly code = 'auth.otp_required'
  constructor() {
    super('this needs a one-time password')
  }
}
export class OtpInvalid extends OtpChallenge {
  readonly code = 'auth.otp_invalid'
  constructor() {
    super('the one-time password is wrong or was used before')
  }
}

export class SecondFactorMissing extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'auth.second_factor_missing'
  constructor() {
    super('there is no second factor to confirm')
  }
}

/** What is to be changed wants a second factor of everybody. */
export class SecondFactorDemanded extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'auth.second_factor_demanded'
  constructor() {
    super('this is changed with two-factor authentication only, and your account has none')
  }
  override get suggestions() {
    return ['enable it, for example with npm profile enable-2fa auth-and-writes']
  }
}

export class AddressNotAllowed extends DomainError {
  readonly kind = 'unauthenticated'
  readonly code = 'auth.address_not_allowed'
  constructor() {
    super('this token may not be used from this address')
  }
  override get challenge() {
    return 'ipaddress'
  }
}

export class NotAllowed extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'auth.forbidden'
  constructor(message = 'the caller has not the right to do this') {
    super(message)
  }
}

export class WrongPassword extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'auth.wrong_password'
  constructor() {
    super('the current password is missing or wrong')
  }
}

export class ScopeExceeded extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'auth.scope_exceeded'
  constructor() {
    super('a token cannot be good for more than the credential that creates it')
  }
}

export class DoorTokenTooLarge extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'auth.door_token_too_large'
  constructor() {
    super('a token cannot be for so many repositories')
  }
  override get suggestions() {
    return ['ask for fewer repositories at a time']
  }
}

export class RegistrationClosed extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'auth.registration_closed'
  constructor() {
    super('this registry does not accept registrations')
  }
  override get suggestions() {
    return ['ask an administrator of this registry for an account']
  }
}

export class PasswordTooShort extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'auth.password_too_short'
  constructor() {
    super('a password has at least 8 characters')
  }
}

export class NameTaken extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'auth.name_taken'
  readonly #name: string
  constructor(name: string) {
    super('this name, or one that looks like it, is taken')
    this.#name = name
  }
  override get details() {
    return { name: this.#name }
  }
}

export class NameInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'auth.name_invalid'
  constructor() {
    super('a name is lower case letters and digits with single hyphens between them, at most 39 characters')
  }
}

export class NameReserved extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'auth.name_reserved'
  readonly #name: string
  constructor(name: string) {
    super('this name is reserved')
    this.#name = name
  }
  override get details() {
    return { name: this.#name }
  }
}

export class TeamTaken extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'auth.team_taken'
  constructor() {
    super('this organization has a team of that name')
  }
}

export class LastOwner extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'auth.last_owner'
  constructor(message = 'a namespace cannot be without an owner') {
    super(message)
  }
  override get suggestions() {
    return ['make somebody else an owner first']
  }
}

export class NotAMember extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'auth.not_a_member'
  constructor() {
    super('only members of the organization can be in its teams')
  }
}

export class NotASession extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'auth.not_a_session'
  constructor() {
    super('this credential is not a session')
  }
  override get suggestions() {
    return ['revoke a token with DELETE /v1/tokens/:id']
  }
}

export class InvalidCursor extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'auth.cursor_invalid'
  constructor() {
    super('the cursor is not one that this list gave out')
  }
}

abstract class NotFound extends DomainError {
  readonly kind = 'not-found'
}
export class UserNotFound extends NotFound {
  readonly code = 'auth.user_not_found'
  constructor() {
    super('there is no such user')
  }
}
export class OrganizationNotFound extends NotFound {
  readonly code = 'auth.organization_not_found'
  constructor() {
    super('there is no such organization')
  }
}
export class AccountNotFound extends NotFound {
  readonly code = 'auth.account_not_found'
  constructor() {
    super('there is no such namespace')
  }
}
export class TeamNotFound extends NotFound {
  readonly code = 'auth.team_not_found'
  constructor() {
    super('there is no such team')
  }
}
export class MemberNotFound extends NotFound {
  readonly code = 'auth.member_not_found'
  constructor() {
    super('there is no such member')
  }
}
export class GrantNotFound extends NotFound {
  readonly code = 'auth.grant_not_found'
  constructor() {
    super('there is no such grant')
  }
}
export class TokenNotFound extends NotFound {
  readonly code = 'auth.token_not_found'
  constructor() {
    super('there is no such token')
  }
}

export class WebLoginNotFound extends NotFound {
  readonly code = 'auth.web_login_not_found'
  constructor() {
    super('there is no such login, or it is over')
  }
}

/** More password checks are waiting than the pool takes (D-22). */
export class Busy extends DomainError {
  readonly kind = 'too-many'
  readonly code = 'auth.busy'
  constructor() {
    super('too many passwords are being checked right now')
  }
  override get retryAfterSeconds() {
    return 1
  }
}

export class TooManyAttempts extends DomainError {
  readonly kind = 'too-many'
  readonly code = 'auth.too_many_attempts'
  readonly #seconds: number
  constructor(seconds: number) {
    super('too many failed logins; wait before the next one')
    this.#seconds = seconds
  }
  override get retryAfterSeconds() {
    return this.#seconds
  }
}
