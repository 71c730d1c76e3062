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
