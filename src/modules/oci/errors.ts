import { DomainError } from '../../shared/errors/domain-error.ts'

/** A repository name that nothing can have: to readers it is absent. */
export class RepositoryUnknown extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'oci.name_unknown'
  constructor() {
    super('there is no such repository, or you may not see it')
  }
}

/** The same name, to somebody who wants to push to it. */
export class RepositoryNameInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'oci.name_invalid'
  constructor() {
    super('a repository is <namespace>/<name> in lower case, and the namespace has at most 39 characters')
  }
}

export class TooManyManifests extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'oci.too_many_manifests'
  constructor() {
    super('this process is reading as many manifests as it may')
  }
  override get retryAfterSeconds() {
    return 2
  }
}

export class OperationUnknown extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'oci.route_unknown'
  constructor() {
    super('there is no such route')
  }
}

export class TagInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'oci.tag_invalid'
  constructor() {
    super('a tag has at most 128 letters, digits, `_`, `.` and `-`, and begins with no `.` or `-`')
  }
}

export class PageSizeInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'oci.page_size_invalid'
  constructor() {
    super('n is a whole number from 0')
  }
}

export class ParameterInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'oci.parameter_invalid'
  constructor(name: string) {
    super(`the parameter ${name} is given once`)
  }
}

export class AlgorithmInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'oci.algorithm_invalid'
  constructor() {
    super('digests are of sha256 or sha512')
  }
}
