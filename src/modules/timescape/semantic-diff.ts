import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import type { Change } from './change.ts'

/** One version, or one semver tag of an image, as far as a comparison of its content needs it. */
export interface VersionContent {
  readonly artifactId: string
  readonly manifestDigest: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  /** What was published with the version; empty for a plain tag of an image. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What changed between two versions besides their GTypes: exports of packages, configuration of images, tensors of models. */
export interface SemanticDiff {
  /**
   * Both versions are of one artifact. Bounded in time and memory; what cannot be read is left out, nothing is thrown for content. Empty for formats
   * that nothing is known of.
   */
  changes(before: VersionContent, after: VersionContent, signal: AbortSignal): Promise<readonly Change[]>
}
