import { service } from '../../shared/kernel/service.ts'

/** A public key of the registry, as `/-/npm/v1/keys` lists it. */
export interface RegistryKey {
  /** `SHA256:` and the fingerprint of the key as SSH makes it, base64 without padding: what the public npm registry uses. */
  readonly keyid: string
  readonly keytype: 'ecdsa-sha2-nistp256'
  readonly scheme: 'ecdsa-sha2-nistp256'
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly key: string
  /** Instant from which signatures with it no longer count; null for the current one. */
  readonly expires: string | null
}

/** The registry signs every version itself (design.md §5 decision 3). */
export interface RegistryKeys {
  /**
   * ECDSA P-256 over SHA-256, DER, base64. Makes the key when the registry has none yet. Throws `signing.key_elsewhere` where the key of the registry
   * is not in the data directory of this process, `signing.key_retired` where another one has taken its place.
   */
  sign(text: string): Promise<{ readonly keyid: string; readonly sig: string }>
  /** Current one first; empty while nothing was ever signed. */
  list(): Promise<readonly RegistryKey[]>
}
export const RegistryKeys = service<RegistryKeys>('signing.registry_keys')

/** Who signed: subject alternative name of the certificate, and the issuer of the identity. */
export interface BundleIdentity {
  readonly subject: string
  readonly issuer: string
}

export interface VerifiedBundle {
  /** Of the in-toto statement. */
  readonly predicateType: string
  readonly statement: Readonly<Record<string, unknown>>
  /** Absent for a plain key. */
  readonly identity?: BundleIdentity
  /** The bundle without what no bundle has: what is kept and given out. */
  readonly bundle: Readonly<Record<string, unknown>>
}

/** Sigstore bundles v0.1 to v0.3 against the configured trusted root. */
export interface BundleVerifier {
  /**
   * A DSSE bundle whose in-toto statement has a subject of that name with that sha512 (hexadecimal), and names no other repository than its certificate.
   * Throws `signing.bundle_invalid` with the reason, `signing.no_trusted_root` when none is configured.
   */
  verify(bundle: unknown, subject: { readonly name: string; readonly sha512: string }): Promise<VerifiedBundle>
}
export const BundleVerifier = service<BundleVerifier>('signing.bundle_verifier')

/** SLSA provenance v0.2 and v1: what `dist.attestations.provenance` tells of. */
export const provenanceTypes: readonly string[] = ['https://slsa.dev/provenance/v0.2', 'https://slsa.dev/provenance/v1']

export interface StoredAttestation {
  readonly predicateType: string
  /** A Sigstore bundle. */
  readonly bundle: Readonly<Record<string, unknown>>
  /** Null for a plain key. */
  readonly identity: BundleIdentity | null
}

/** Verified statements about versions, published with them. */
export interface PackageAttestations {
  /** Within the transaction that publishes the version. */
  add(versionId: string, bundles: readonly VerifiedBundle[]): Promise<void>
  /** In the order they came. */
  list(versionId: string): Promise<readonly StoredAttestation[]>
}
export const PackageAttestations = service<PackageAttestations>('signing.package_attestations')
