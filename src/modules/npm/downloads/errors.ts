import { DomainError } from '../../../shared/errors/domain-error.ts'

export class PeriodInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.period_invalid'
  constructor() {
    super(
      'this is no period that began: last-day, last-week, last-month, last-year, a day of UTC (2026-11-27), or two (2026-11-01:2026-11-27)',
    )
  }
}
