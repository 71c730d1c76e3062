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
