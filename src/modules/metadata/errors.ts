import { DomainError } from '../../shared/errors/domain-error.ts'
import type { VersionState } from './contract.ts'

/** Also answers for a namespace the caller may not see. */
export class NamespaceNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'metadata.namespace_not_found'
  constructor() {
    super('there is no such namespace, or you may not see it')
  }
}

/** Also answers for an artifact the caller may not see. */
export class ArtifactNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'metadata.artifact_not_found'
  constructor() {
    super('there is no such artifact, or you may not see it')
  }
}

/** Several artifacts of one name differ in format, and the caller did not say which. */
export class AmbiguousFormat extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.ambiguous_format'
  readonly #formats: readonly string[]
  constructor(formats: readonly string[]) {
    super('several artifacts have this name; say which format is meant')
    this.#formats = formats
  }
  override get details() {
    return { formats: this.#formats }
  }
  override get suggestions() {
    return this.#formats.map((format) => `add ?format=${format}`)
  }
}

export class VersionNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'metadata.version_not_found'
  constructor() {
    super('there is no such version or tag')
  }
}

/** The name is or was taken; it stays taken after an unpublish (D-7). */
export class VersionExists extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.version_exists'
  readonly #version: string
  constructor(version: string) {
    super('this version exists or existed; a version is never published twice')
    this.#version = version
  }
  override get details() {
    return { version: this.#version }
  }
  override get suggestions() {
    return ['publish the content under a new version']
  }
}

export class VersionInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metadata.version_invalid'
}

/** Wrong transition, for example a yank of a version that is still pending. */
export class VersionStateConflict extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.state_conflict'
  readonly #state: VersionState
  constructor(state: VersionState) {
    super(`a version that is ${state} cannot be changed in this way`)
    this.#state = state
  }
  override get details() {
    return { state: this.#state }
  }
}

export class Quarantined extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'metadata.quarantined'
  readonly #reason: string | null
  constructor(reason: string | null) {
    super(`this is quarantined${reason ? `: ${reason}` : ''}`)
    this.#reason = reason
  }
  override get details() {
    return { reason: this.#reason }
  }
}

export class TypeMismatch extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.type_mismatch'
  constructor(existing: string) {
    super(`the first version made this artifact a ${existing}, and that is for ever`)
  }
}

/** A type has its formats (design.md §2). */
export class FormatNotAllowed extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metadata.format_not_allowed'
  constructor(type: string, allowed: readonly string[]) {
    super(`an artifact of type ${type} is stored as ${allowed.join(' or ')}`)
  }
}

export class NameConfusable extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.name_confusable'
  constructor() {
    super('the name reads too much like an existing one')
  }
}

export class NameInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metadata.name_invalid'
  constructor(format: string) {
    super(`this cannot be the name of an artifact of format ${format}`)
  }
}

export class QuotaExceeded extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'metadata.artifact_quota_exceeded'
  constructor(limit: number) {
    super(`the namespace holds its limit of ${limit} artifacts`)
  }
}

export interface ManifestFault {
  readonly path: string
  readonly message: string
}

export class ManifestInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metadata.manifest_invalid'
  readonly #errors: readonly ManifestFault[]
  constructor(errors: readonly ManifestFault[]) {
    super('the manifest does not fit the type of the artifact')
    this.#errors = errors
  }
  override get details() {
    return { errors: this.#errors }
  }
}

export class MetadataTooLarge extends DomainError {
  readonly kind = 'too-large'
  readonly code = 'metadata.manifest_too_large'
  constructor(maxBytes: number) {
    super(`the manifest of a version may have ${maxBytes} bytes`)
  }
}

export class TagNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'metadata.tag_not_found'
  constructor() {
    super('there is no such tag')
  }
}

export class TagInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metadata.tag_invalid'
}

/** Somebody else moved the tag since the caller looked (D-6). */
export class TagChanged extends DomainError {
  readonly kind = 'precondition-failed'
  readonly code = 'metadata.tag_changed'
  constructor() {
    super('the tag is not what If-Match says; read it again')
  }
}

/** The namespace's `immutableTags`. */
export class TagImmutable extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.tag_immutable'
  constructor() {
    super('the namespace does not let this tag move')
  }
}

export class UnpublishWindowClosed extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.unpublish_window_closed'
  constructor(version: string, hours: number) {
    super(`version ${version} was published more than ${hours} hours ago and can no longer be unpublished`)
  }
  override get suggestions() {
    return ['yank or deprecate the version instead, or ask an administrator of this registry']
  }
}

/** Somebody else changed the artifact since the caller looked (D-6). */
export class ArtifactChanged extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.artifact_changed'
  constructor() {
    super('somebody else has changed this package meanwhile; read it again and repeat the change')
  }
}

/** Its rights come from the namespace and cannot be taken on one artifact. */
export class NamespaceOwner extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.namespace_owner'
  constructor(username: string, namespace: string) {
    super(`${username} owns the namespace ${namespace} and with it everything in it`)
  }
  override get suggestions() {
    return ['change the members of the namespace instead']
  }
}

/** `library` is public as a whole (design.md §2). */
export class AlwaysPublic extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metadata.always_public'
  constructor() {
    super('a package without a scope is always public')
  }
}

/** The namespace's `allowPublicPublish`. */
export class PublicNotAllowed extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.public_not_allowed'
  constructor() {
    super('the namespace does not allow anything in it to be public')
  }
}

/** `library` has no members: nobody owns it. */
export class NamespaceUnowned extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'metadata.namespace_unowned'
  constructor() {
    super('nobody owns this namespace')
  }
}

export class QuotaNotYours extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'metadata.quota_not_yours'
  constructor() {
    super('only an administrator of the registry changes quotas')
  }
}

export class PublisherNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'metadata.publisher_not_found'
  constructor() {
    super('there is no such publisher, or you may not see it')
  }
}

export class TooManyPublishes extends DomainError {
  readonly kind = 'too-many'
  readonly code = 'metadata.too_many_publishes'
  readonly #seconds: number
  constructor(seconds: number) {
    super('you have added as much as you may for now; wait before the next one')
    this.#seconds = seconds
  }
  override get retryAfterSeconds() {
    return this.#seconds
  }
}

export class CursorInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'metadata.cursor_invalid'
  constructor() {
    super('the cursor did not come from this list')
  }
}
