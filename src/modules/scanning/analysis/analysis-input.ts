import type { Readable } from 'node:stream'

export type AnalysisKind = 'npm' | 'oci' | 'model' | 'generic'

/** One blob of a version, opened only when its turn comes. */
export interface AnalysisLayer {
  readonly mediaType: string
  /** As the publisher named it; rules of models and generic artifacts go by its ending. */
  readonly fileName?: string
  readonly sizeBytes: number
  open(): Promise<Readable>
}

export interface AnalysisInput {
  readonly kind: AnalysisKind
  /** For images from the lowest layer to the highest: later ones cover earlier ones. */
  readonly layers: readonly AnalysisLayer[]
  readonly metadata: AnalysisMetadata
  /** Names of this registry that are worth protecting from look-alikes, in addition to the bundled list. */
  readonly popularNames?: readonly string[]
}

export interface AnalysisMetadata {
  /** As its clients write it: `@acme/widget`, `left-pad`, `acme/api`. */
  readonly name: string
  readonly version: string
  /** Declared by a model's publisher: `safetensors`, `onnx`, `gguf`, `pickle`, `pytorch`, `keras`. */
  readonly modelFormat?: string
  /** Rules whose findings this artifact does not want, as its namespace decided. */
  readonly suppressedRules?: readonly string[]
}
