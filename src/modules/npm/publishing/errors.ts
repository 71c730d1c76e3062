import { DomainError } from '../../../shared/errors/domain-error.ts'

export class PublishInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.publish_invalid'
  constructor(reason: string) {
    super(`this cannot be published: ${reason}`)
  }
}

export class DocumentTooLarge extends DomainError {
  readonly kind = 'too-large'
  readonly code = 'npm.document_too_large'
  constructor(maxBytes: number) {
    super(`a document has at most ${maxBytes} bytes beside its tarball`)
  }
}

/** The document says something of the package that is not in it. */
export class ManifestMismatch extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.manifest_mismatch'
  readonly #field: string
  constructor(field: string) {
    super(`${field} of the published document differs from package.json in the tarball`)
    this.#field = field
  }
  override get details(): Record<string, unknown> {
    return { field: this.#field }
  }
}

/** The bytes are not those the document speaks of. */
export class IntegrityMismatch extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.integrity_mismatch'
  constructor(field: string, actual: string) {
    super(`dist.${field} of the published document is not that of its tarball, ${actual}`)
  }
}

export class PackagePrivate extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.package_private'
  constructor() {
    super('package.json says `private: true`; remove it to publish the package')
  }
}

/** Also what the caller may not see. */
export class StageNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'npm.stage_not_found'
  constructor() {
    super('there is no such staged version, or you may not publish its package')
  }
}
