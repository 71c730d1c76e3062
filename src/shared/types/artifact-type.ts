import { Type } from '@sinclair/typebox'

export const artifactFormats = ['oci', 'npm', 'model', 'generic'] as const
/** How bytes are laid out and which door is native. */
export type ArtifactFormat = (typeof artifactFormats)[number]

export const artifactTypes = [
  'module-node',
  'module-oci',
  'module-wasm',
  'module-binary',
  'module-external',
  'plugin',
  'model',
  'agent',
  'template',
  'snapshot',
  'transformer',
] as const
/** What an artifact is for. */
export type ArtifactType = (typeof artifactTypes)[number]

export const ArtifactFormatSchema = Type.Union(artifactFormats.map((format) => Type.Literal(format)))
export const ArtifactTypeSchema = Type.Union(artifactTypes.map((type) => Type.Literal(type)))

export const parseArtifactFormat = (text: string): ArtifactFormat | undefined => artifactFormats.find((format) => format === text)
export const parseArtifactType = (text: string): ArtifactType | undefined => artifactTypes.find((type) => type === text)

// Type to format, design.md §2; the default comes first. Any artifact may also be an OCI repository, and a package of npm may say
// that it is something else than a module: what is in it decides its type.
const formatsOf: Readonly<Record<ArtifactType, readonly [ArtifactFormat, ...ArtifactFormat[]]>> = {
  'module-node': ['npm', 'oci'],
  'module-oci': ['oci'],
  'module-wasm': ['generic', 'npm', 'oci'],
  'module-binary': ['generic', 'oci'],
  'module-external': ['generic', 'oci'],
  plugin: ['npm', 'generic', 'oci'],
  model: ['model', 'oci'],
  agent: ['generic', 'npm', 'oci'],
  template: ['generic', 'npm', 'oci'],
  snapshot: ['generic', 'oci'],
  transformer: ['generic', 'npm', 'oci'],
}

/** The format an artifact of this type gets when the publisher names none. */
export const formatOf = (type: ArtifactType): ArtifactFormat => formatsOf[type][0]
export const allowedFormats = (type: ArtifactType): readonly ArtifactFormat[] => formatsOf[type]
