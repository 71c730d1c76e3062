/** What kind of proof was given. */
export type SignatureKind = 'cosign' | 'sigstore-bundle' | 'raw' | 'openpgp' | 'provenance'
export type SignatureStatus = 'verified' | 'rejected' | 'revoked' | 'expired'

/** A proof as it came. `value`: base64 of `raw`, armor or base64 of `openpgp`, JSON of the others. */
export interface Evidence {
  readonly kind: Exclude<SignatureKind, 'provenance'>
  readonly value: string
  /** Of the registered key that is said to have made it; only this one is tried. */
  readonly keyId?: string
}

/** What a signature may be about. */
export interface SignedContent {
  readonly manifestDigest: string
  /** Absent: signatures over the bytes of the manifest cannot be checked, those over its digest can. */
  readonly manifest?: Buffer
  /** Digest of the only blob of what is being published: its publisher cannot know the manifest yet. */
  readonly blobDigest?: string
}

export interface Signer {
  /** Name of the registered key, or subject of the identity. */
  readonly name: string
  /** Of the registered key or certificate authority. */
  readonly keyId: string | null
  /** Who vouches for the identity; null for a plain key. */
  readonly issuer: string | null
}

export interface Verdict {
  readonly status: SignatureStatus
  /** Null when it counts. */
  readonly reason: string | null
  readonly signer: Signer | null
  /** Of an in-toto statement. */
  readonly predicateType: string | null
  /** Proven by a log or a timestamp authority; null where only the signer says when it was. */
  readonly signedAt: Date | null
  /** Digest the proof says it is about. */
  readonly providedDigest: string | null
}

/** What is wrong with a proof, in words for whoever made it. */
export class Refused extends Error {
  readonly status: Exclude<SignatureStatus, 'verified'>
  readonly providedDigest: string | null
  constructor(reason: string, more: { readonly status?: Exclude<SignatureStatus, 'verified'>; readonly providedDigest?: string } = {}) {
    super(reason)
    this.status = more.status ?? 'rejected'
    this.providedDigest = more.providedDigest ?? null
  }
}
