import { DomainError } from '../../shared/errors/domain-error.ts'

export class TooManyArtifacts extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metering.too_many_artifacts'
  readonly #most: number
  constructor(most: number) {
    super(`one batch reports usage of at most ${most} artifacts`)
    this.#most = most
  }
  override get details() {
    return { maxArtifacts: this.#most }
  }
  override get suggestions() {
    return ['split the batch by artifact']
  }
}

export class RangeInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metering.range_invalid'
}

export class CursorInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metering.cursor_invalid'
  constructor() {
    super('the cursor does not belong to this list')
  }
}

export class CloseInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metering.close_invalid'
  constructor() {
    super('only whole hours that are over can be closed')
  }
}
