import { DomainError } from '../../shared/errors/domain-error.ts'

export class BundleInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'signing.bundle_invalid'
  constructor(reason: string, cause?: unknown) {
    super(`the attestation cannot be accepted: ${reason}`, { cause })
  }
}

export class NoTrustedRoot extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'signing.no_trusted_root'
  constructor() {
    super('this registry has no trusted root to check attestations with')
  }
  override get suggestions(): readonly string[] {
    return ['publish without provenance', 'the operator can set signing.trustedRoot to a Sigstore trusted_root.json']
  }
}

/** Signing with another key instead would go unnoticed until clients find versions that nobody they know has signed. */
export class KeyElsewhere extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'signing.key_elsewhere'
  readonly #keyid: string
  constructor(keyid: string) {
    super('the key this registry signs with is not in the data directory of this process')
    this.#keyid = keyid
  }
  override get details(): Record<string, unknown> {
    return { keyid: this.#keyid }
  }
  override get suggestions(): readonly string[] {
    return [
      'the operator can copy keys/registry-signing.pem from the data directory that has it, or give every process the same signing.registryKey',
    ]
  }
}

export class KeyRetired extends DomainError {
  readonly kind = 'unavailable'
  readonly code = 'signing.key_retired'
  readonly #keyid: string
  constructor(keyid: string) {
    super('the key of this process is not, or no longer, the one this registry signs with')
    this.#keyid = keyid
  }
  override get details(): Record<string, unknown> {
    return { keyid: this.#keyid }
  }
  override get suggestions(): readonly string[] {
    return ['the operator can give every process the same signing.registryKey']
  }
}

export class KeyInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'signing.key_invalid'
  constructor(reason: string) {
    super(`the key cannot be registered: ${reason}`)
  }
}

export class KeyNotFound extends DomainError {
  readonly kind = 'not-found'
  readonly code = 'signing.key_not_found'
  constructor() {
    super('this publisher has no such key')
  }
}

export class KeyExists extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'signing.key_exists'
  readonly #keyId: string
  constructor(keyId: string) {
    super('this publisher registered that key before; a key that was revoked stays so')
    this.#keyId = keyId
  }
  override get details(): Record<string, unknown> {
    return { keyId: this.#keyId }
  }
}

export class KeyRevoked extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'signing.key_revoked'
  constructor() {
    super('this key was revoked, and stays so')
  }
}

export class TooManyKeys extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'signing.too_many_keys'
  constructor(maximum: number) {
    super(`a publisher has at most ${maximum} keys, revoked ones included`)
  }
}

export class PolicyInvalid extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'signing.policy_invalid'
  constructor(reason: string) {
    super(`the signing policy cannot be set: ${reason}`)
  }
}

/** What a publisher sent as proof proves nothing: the publish, or the signature, is refused. */
export class SignatureVerificationFailed extends DomainError {
  readonly kind = 'invalid'
  readonly code = 'signing.signature_verification_failed'
  readonly #details: Record<string, unknown>
  constructor(
    reason: string,
    about: {
      readonly artifactName: string
      readonly version: string | null
      readonly providedDigest: string | null
      readonly computedDigest: string
    },
  ) {
    super(`the signature does not count: ${reason}`)
    this.#details = { ...about, reason }
  }
  override get details(): Record<string, unknown> {
    return this.#details
  }
  override get suggestions(): readonly string[] {
    return [
      'sign the digest in computedDigest, with a key registered under /v1/publishers/<namespace>/keys or an identity its policy allows',
    ]
  }
}

/** P10: what readers may not have, because no signature that counts is there. */
export class NotSigned extends DomainError {
  readonly kind = 'forbidden'
  readonly code = 'signing.not_signed'
  readonly #details: Record<string, unknown>
  constructor(manifestDigest: string, reason: string) {
    super(`this namespace gives out signed content only: ${reason}`)
    this.#details = { manifestDigest, reason }
  }
  override get details(): Record<string, unknown> {
    return this.#details
  }
}

export class TooManySignatures extends DomainError {
  readonly kind = 'conflict'
  readonly code = 'signing.too_many_signatures'
  constructor() {
    super('this manifest has as many signatures as are kept')
  }
}
