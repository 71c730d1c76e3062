import { DomainError } from '../../shared/errors/domain-error.ts'

export class DigestMismatch extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.digest_mismatch'
  readonly #digests: { readonly providedDigest: string; readonly computedDigest: string }
  constructor(providedDigest: string, computedDigest: string) {
    super('the bytes do not have the digest that was given')
    this.#digests = { providedDigest, computedDigest }
  }
  override get details() {
    return this.#digests
  }
}

export class SizeMismatch extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.size_mismatch'
  readonly #sizes: { readonly expectedBytes: number; readonly receivedBytes: number }
  constructor(expectedBytes: number, receivedBytes: number) {
    super('the body is not as long as was announced')
    this.#sizes = { expectedBytes, receivedBytes }
  }
  override get details() {
    return this.#sizes
  }
}

export class UploadTooLarge extends DomainError {
  readonly kind = 'too-large'
  readonly code = 'artifacts.too_large'
  readonly #maxBytes: number
  constructor(maxBytes: number) {
    super(`an upload may have at most ${maxBytes} bytes`)
    this.#maxBytes = maxBytes
  }
  override get details() {
    return { maxBytes: this.#maxBytes }
  }
  override get suggestions() {
    return ['use an upload session (POST /v1/uploads) for larger content']
  }
}

export class InvalidDigest extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.digest_invalid'
  constructor() {
    super('a digest is sha256:<64 hex> or sha512:<128 hex> in lower case')
  }
}

export class BlobUnknown extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'artifacts.blob_unknown'
  readonly #digest: string
  constructor(digest: string) {
    super('this artifact has no such blob')
    this.#digest = digest
  }
  override get details() {
    return { digest: this.#digest }
  }
}

export class ManifestUnknown extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'artifacts.manifest_unknown'
  readonly #digest: string
  constructor(digest: string) {
    super('this artifact has no such manifest')
    this.#digest = digest
  }
  override get details() {
    return { digest: this.#digest }
  }
}

/** An index lists a manifest that this artifact does not have. */
/** One of the two says which manifest is meant. */
export class ManifestAmbiguous extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.manifest_ambiguous'
  constructor() {
    super('say which manifest is meant by its digest or by its version, not by both')
  }
}

export class ManifestChildUnknown extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.manifest_blob_unknown'
  readonly #digest: string
  constructor(digest: string) {
    super('the index lists a manifest that this artifact does not have')
    this.#digest = digest
  }
  override get details() {
    return { digest: this.#digest }
  }
  override get suggestions() {
    return ['push the manifests of an index before the index']
  }
}

/** A version reaches it through an index, and versions do not change. */
export class ManifestInUse extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'artifacts.manifest_in_use'
  constructor() {
    super('a version that cannot change lists the manifest')
  }
  override get suggestions() {
    return ['unpublish the version first']
  }
}

/** A manifest of this artifact has the blob, so it stays (design.md §5 decision 5). */
export class BlobInUse extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'artifacts.blob_in_use'
  constructor() {
    super('a manifest of this artifact uses the blob')
  }
  override get suggestions() {
    return ['delete the manifests that use it first']
  }
}

/** design.md §2: other formats have their own doors for versions. */
export class PushNotNative extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'artifacts.push_not_native'
  constructor(format: string) {
    super(`an artifact of format ${format} takes only manifests with a subject and tags of the form sha256-<hex> through this door`)
  }
  override get suggestions() {
    return ['publish versions with the client of the format']
  }
}

export class ReferrerCursorInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.cursor_invalid'
  constructor() {
    super('the cursor did not come from this list')
  }
}

export class ManifestInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.manifest_invalid'
}

export class ManifestTooLarge extends DomainError {
  readonly kind = 'too-large'
  readonly code = 'artifacts.manifest_too_large'
  constructor(maxBytes: number) {
    super(`a manifest may have at most ${maxBytes} bytes`)
  }
}

/** The metadata says there are bytes and the store has none: damage, not a mistake of the caller. */
export class BlobMissing extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'artifacts.blob_missing'
  constructor() {
    super('the stored copy of this blob cannot be read')
  }
  override get suggestions() {
    return ['the operator can run gati-registry fsck', 'publishing the same bytes again heals the copy']
  }
}

export class UploadUnknown extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'artifacts.upload_unknown'
  constructor() {
    super('there is no such upload session')
  }
}

export class UploadBusy extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'artifacts.upload_busy'
  constructor() {
    super('another request is writing to this upload session')
  }
}

export class WrongOffset extends DomainError {
  readonly kind = 'range-not-satisfiable'
  readonly code = 'artifacts.range_not_satisfiable'
  readonly #offset: number
  constructor(offset: number) {
    super(`the next byte of this upload is ${offset}`)
    this.#offset = offset
  }
  override get details() {
    return { offset: this.#offset }
  }
}

export class ContentRangeInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.content_range_invalid'
  constructor() {
    super('content-range is `<first>-<last>` or `bytes <first>-<last>/<size or *>` and agrees with content-length')
  }
}

export class RangeUnsatisfiable extends DomainError {
  readonly kind = 'range-not-satisfiable'
  readonly code = 'artifacts.range_unsatisfiable'
  readonly #sizeBytes: number
  constructor(sizeBytes: number) {
    super('the range lies outside of the content')
    this.#sizeBytes = sizeBytes
  }
  override get details() {
    return { sizeBytes: this.#sizeBytes }
  }
}

/** The grace period ran out between storing a blob and linking it. */
export class BlobCollected extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'artifacts.blob_collected'
  constructor() {
    super('the blob was collected before it was linked')
  }
  override get suggestions() {
    return ['send the bytes again']
  }
  override get retryAfterSeconds() {
    return 1
  }
}

export class CollectionRunning extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'artifacts.collection_running'
  constructor() {
    super('another garbage collection is running')
  }
  override get retryAfterSeconds() {
    return 5
  }
}

export class QuotaExceeded extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'artifacts.quota_exceeded'
  readonly #quota: { readonly quotaBytes: number; readonly usedBytes: number; readonly wantedBytes: number }
  constructor(quota: { readonly quotaBytes: number; readonly usedBytes: number; readonly wantedBytes: number }) {
    super('this would exceed the storage quota of the namespace')
    this.#quota = quota
  }
  override get details() {
    return this.#quota
  }
}

export class InvalidPublish extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'artifacts.publish_invalid'
}

export class TooManyUploads extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'artifacts.too_many_uploads'
  constructor() {
    super('this process is writing as many uploads as it may')
  }
  override get retryAfterSeconds() {
    return 2
  }
}

/** The object store does not answer, or refuses. */
export class StoreUnavailable extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'artifacts.store_unavailable'
  constructor(cause: unknown) {
    super('the store of the bytes does not answer', { cause })
  }
  override get retryAfterSeconds() {
    return 2
  }
}
