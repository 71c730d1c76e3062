import { service } from '../../shared/kernel/service.ts'

/** What the last completed scan of a manifest came to. */
export interface ManifestScore {
  /** 0 to 100. */
  readonly securityScore: number
  /** Open vulnerabilities by severity. */
  readonly counts: Readonly<Record<string, number>>
}

export interface ScannedManifest {
  readonly artifactId: string
  readonly manifestDigest: string
}

/** Scores of many manifests at once. Nothing here asks who wants to know: what is answered to a caller has to be authorized. */
export interface Scores {
  /** By artifact and digest, `artifactId digest`; what was never scanned has none. */
  of(manifests: readonly ScannedManifest[]): Promise<ReadonlyMap<string, ManifestScore>>
}
export const Scores = service<Scores>('scanning.scores')

export const scoreKey = ({ artifactId, manifestDigest }: ScannedManifest): string => `${artifactId} ${manifestDigest}`
