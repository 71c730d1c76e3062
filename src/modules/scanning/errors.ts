import { DomainError } from '../../shared/errors/domain-error.ts'

/** Also for what the caller may not see. */
export class ScanNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'scanning.scan_not_found'
  constructor() {
    super('this manifest was not scanned')
  }
  override get suggestions() {
    return ['publishers may ask for a scan: POST …/scan']
  }
}

export class ManifestNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'scanning.manifest_not_found'
  constructor() {
    super('there is no such version, tag or manifest')
  }
}

export class AdvisoryNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'scanning.advisory_not_found'
  constructor() {
    super('no advisory of this name or alias is known')
  }
}

export class VexInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'scanning.vex_invalid'
  constructor(problem: string) {
    super(`this is neither an OpenVEX nor a CycloneDX document that can be used: ${problem}`)
  }
}

/** What an approval could not change, or must not. */
export class ApprovalRefused extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'scanning.approval_refused'
  constructor(problem: string) {
    super(`this cannot be approved: ${problem}`)
  }
}

export class CursorInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'scanning.cursor_invalid'
  constructor() {
    super('the cursor is none of this list')
  }
}

/** A scan of the same manifest was asked for a moment ago. */
export class ScanTooSoon extends DomainError {
  readonly kind = 'too-many'
  readonly code = 'scanning.scan_too_soon'
  readonly #seconds: number
  constructor(seconds: number) {
    super('this manifest was scanned a moment ago')
    this.#seconds = seconds
  }
  override get retryAfterSeconds() {
    return this.#seconds
  }
}
