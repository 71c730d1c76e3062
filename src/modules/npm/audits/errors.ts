import { DomainError } from '../../../shared/errors/domain-error.ts'

export class AuditInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.audit_invalid'
  constructor(expected: string) {
    super(`an audit is ${expected}`)
  }
}

export class AuditsBusy extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'npm.audits_busy'
  constructor() {
    super('too many audits are being answered right now')
  }
  override get retryAfterSeconds(): number {
    return 5
  }
}

export class AuditTooLarge extends DomainError {
  readonly kind = 'too-large'
  readonly code = 'npm.audit_too_large'
  constructor(maxVersions: number) {
    super(`an audit may name ${maxVersions} versions`)
  }
}
