import { DomainError } from '../../shared/errors/domain-error.ts'

export class TarballInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'packuments.tarball_invalid'
  constructor(reason: string) {
    super(`the tarball cannot be read: ${reason}`)
  }
}

/** Links, devices, names that lead out of the package, names that are the same file on some machines. */
export class TarballEntryRefused extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'packuments.tarball_entry_refused'
  readonly #entry: string
  constructor(entry: string, reason: string) {
    super(`the tarball holds ${JSON.stringify(entry.slice(0, 200))}, ${reason}`)
    this.#entry = entry
  }
  override get details(): Record<string, unknown> {
    return { entry: this.#entry.slice(0, 1_000) }
  }
}

export class TarballTooLarge extends DomainError {
  readonly kind = 'too-large'
  readonly code = 'packuments.tarball_too_large'
  constructor(reason: string) {
    super(`the tarball is too large: ${reason}`)
  }
}

export class PackageJsonInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'packuments.package_json_invalid'
  constructor(reason: string) {
    super(`package.json in the tarball: ${reason}`)
  }
}

/** It was replaced or removed between being found and being opened; asking for the document again gives the present one. */
export class DocumentGone extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'packuments.document_gone'
  constructor() {
    super('the document was replaced in this moment; ask again')
  }
  override get retryAfterSeconds(): number {
    return 1
  }
}

export class AlreadyStaged extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'packuments.already_staged'
  constructor(version: string) {
    super(`version ${version} is staged already`)
  }
}

interface StagingUse {
  readonly maxVersions: number
  readonly versions: number
  readonly maxBytes: number
  readonly bytes: number
  readonly wantedBytes: number
}

export class StagingFull extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'packuments.staging_full'
  readonly #use: StagingUse
  constructor(use: StagingUse) {
    super(`what you have staged and nobody has decided about may be ${use.maxVersions} versions and ${use.maxBytes} bytes`)
    this.#use = use
  }
  override get details() {
    return { ...this.#use }
  }
  override get suggestions() {
    return ['approve or reject some first']
  }
}

export class TooManyStaged extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'packuments.too_many_staged'
  constructor(max: number) {
    super(`a package has at most ${max} staged versions; approve or reject some first`)
  }
}
