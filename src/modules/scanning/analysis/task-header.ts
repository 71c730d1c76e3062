import type { AnalysisKind, AnalysisMetadata } from './analysis-input.ts'

/** What the parent tells the child before the blobs. The child trusts it. */
export interface TaskHeader {
  readonly kind: AnalysisKind
  readonly layers: readonly { readonly mediaType: string; readonly fileName: string; readonly sizeBytes: number }[]
  readonly metadata: AnalysisMetadata
  readonly popularNames: readonly string[]
  /** Empty, for this child alone, emptied by it after the analysis, removed with it. */
  readonly folder: string
  readonly isNetworkOpen: boolean
}
