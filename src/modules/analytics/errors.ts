import { DomainError } from '../../shared/errors/domain-error.ts'

/** Not two points of time in order, or more of it than one answer shows. */
export class RangeInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'analytics.range_invalid'
  readonly #facts: Record<string, unknown>
  constructor(message: string, facts: Record<string, unknown> = {}) {
    super(message)
    this.#facts = facts
  }
  override get details() {
    return this.#facts
  }
  override get suggestions() {
    return ['from and to are days (2026-11-27) or points of time (2026-11-27T08:00:00Z) of UTC; take a longer interval for a longer range']
  }
}

export class BadgeNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'analytics.badge_not_found'
  readonly #kinds: readonly string[]
  constructor(kind: string, kinds: readonly string[]) {
    super(`there is no badge ${kind}`)
    this.#kinds = kinds
  }
  override get suggestions() {
    return [`badges: ${this.#kinds.join(', ')}`]
  }
}
