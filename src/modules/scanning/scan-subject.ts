/** A manifest of an artifact: what is scanned, and what a verdict is about. */
export interface ScanSubject {
  readonly artifactId: string
  readonly manifestDigest: string
}

/** Why a scan was made. */
export type ScanCause = 'published' | 'requested' | 'interval' | 'advisories' | 'vex' | 'sbom'
