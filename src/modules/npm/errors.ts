import { DomainError } from '../../shared/errors/domain-error.ts'

/** No package can have that name, so none has. */
export class PackageNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'npm.package_not_found'
  constructor() {
    super('there is no such package, or you may not see it')
  }
}

export class PackageNameInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.name_invalid'
  constructor() {
    super('this is no name of a package: lower case, at most 214 characters, `name` or `@scope/name` with a scope that is a namespace')
  }
}

/** A package whose name is a route at the root of the host is published where nothing else is (design.md §4). */
export class TakenAtRoot extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.taken_at_root'
  constructor(name: string, registry: string) {
    super(`${name} is a route of this registry at the root of the host; publish it with the registry URL ${registry}/npm/`)
  }
}

/** npm installs `latest` where nothing else is asked for. */
export class LatestStays extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.latest_stays'
  constructor() {
    super('the tag latest cannot be removed; move it to another version instead')
  }
}

/** A document that asks for what documents cannot change. */
export class ChangeInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'npm.change_invalid'
}
