import { DomainError } from '../../../shared/errors/domain-error.ts'

export class LogEmpty extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'signing.log_empty'
  constructor() {
    super('the log of this registry has no entry yet')
  }
}

export class NotLogged extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'signing.not_logged'
  readonly #reference: string
  constructor(reference: string) {
    super(`${reference} is not in the log, or not yet`)
    this.#reference = reference
  }
  override get details(): Record<string, unknown> {
    return { reference: this.#reference }
  }
  override get suggestions(): readonly string[] {
    return ['what was published a moment ago is in the log within two seconds: ask again']
  }
}

export class TileNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'signing.tile_not_found'
  constructor() {
    super('the log has no such tile')
  }
}

export class SizesImpossible extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'signing.log_sizes_impossible'
  readonly #size: number
  constructor(size: number) {
    super(`sizes have to be in order and at most ${size}, which is that of the log`)
    this.#size = size
  }
  override get details(): Record<string, unknown> {
    return { size: this.#size }
  }
}

/** Signing with another key instead would look like another log. */
export class LogKeyUnfit extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'signing.log_key_unfit'
  constructor() {
    super('the key that the log of this registry is signed with is not the one of this process')
  }
  override get suggestions(): readonly string[] {
    return ['the operator can copy keys/log-signing.pem from the data directory that has it, or give every process the same signing.logKey']
  }
}
