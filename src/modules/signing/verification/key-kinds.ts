/** `key`: PEM SPKI. `certificate`: one leaf, pinned. `authority`: whatever certificates of it sign counts. */
export type KeyKind = 'key' | 'openpgp' | 'certificate' | 'authority'

/** What was registered, as the verifier needs it. */
export interface PublisherKey {
  readonly id: string
  readonly kind: KeyKind
  readonly name: string
  /** PEM or armor. */
  readonly material: string
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  /** Of one that was revoked: signatures not proven to be older do not count. */
  readonly voidFrom: Date | null
}

/** What a text that somebody wants to register turned out to be. */
export interface KeyDescription {
  readonly kind: KeyKind
  readonly algorithm: string
  /** `SHA256:` and hexadecimal, of the SubjectPublicKeyInfo or the certificate; of OpenPGP as its clients show it. */
  readonly fingerprint: string
  readonly material: string
  readonly expiresAt: Date | null
}
