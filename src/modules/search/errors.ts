import { DomainError } from '../../shared/errors/domain-error.ts'

/** Nobody reads so far; every page costs what all pages before it cost (D-15). */
export class PageTooDeep extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'search.page_too_deep'
  readonly #last: number
  constructor(last: number) {
    super(`a search goes as far as result ${last}; the page asked for ends behind it`)
    this.#last = last
  }
  override get details() {
    return { lastResult: this.#last }
  }
  override get suggestions() {
    return ['narrow the search with more words or filters']
  }
}

/** Two at a time would take the half-built index away from each other. */
export class RebuildUnderway extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'search.rebuild_underway'
  constructor() {
    super('another index of documents is being built')
  }
  override get suggestions() {
    return ['wait until it is complete']
  }
}

/** What `typeSignature` says is no signature. */
export class SignatureInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'search.signature_invalid'
  constructor(reason: string) {
    super(`typeSignature cannot be read: ${reason}`)
  }
  override get suggestions() {
    return ['in:{text:string} out:{sentiment:string} finds what takes a text and answers with a sentiment']
  }
}

/** The module that knows types is not part of this registry. */
export class SignaturesAbsent extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'search.signatures_absent'
  constructor() {
    super('this registry runs without the module timescape, which knows the types of versions')
  }
}
