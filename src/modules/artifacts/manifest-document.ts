import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { DigestSchema } from '../../shared/types/digest.ts'
import { ManifestInvalid } from './errors.ts'

/** OCI image-spec descriptor. */
export const Descriptor = Type.Object({
  mediaType: Type.String({ minLength: 1, maxLength: 255 }),
  digest: DigestSchema,
  size: Type.Integer({ minimum: 0 }),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
})
export type Descriptor = Static<typeof Descriptor>

const ManifestDocument = Type.Object({
  schemaVersion: Type.Literal(2),
  mediaType: Type.Optional(Type.String({ maxLength: 255 })),
  artifactType: Type.Optional(Type.String({ maxLength: 255 })),
  config: Type.Optional(Descriptor),
  layers: Type.Optional(Type.Array(Descriptor, { maxItems: 10_000 })),
  manifests: Type.Optional(Type.Array(Descriptor, { maxItems: 10_000 })),
  subject: Type.Optional(Descriptor),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
})
export type ManifestDocument = Static<typeof ManifestDocument>

const checker = TypeCompiler.Compile(ManifestDocument)

export const imageManifestType = 'application/vnd.oci.image.manifest.v1+json'

/** Image manifests and indexes (OCI image-spec 1.1, Docker v2 schema 2), both of which nest one level deep only. */
export function parseManifest(content: Buffer, mediaType: string): ManifestDocument {
  const document = parseJson(content)
  const [problem] = checker.Errors(document)
  if (problem) throw new ManifestInvalid(`the manifest is invalid at ${problem.path || '/'}: ${problem.message}`)
  const manifest = document as ManifestDocument
  if (manifest.mediaType !== undefined && manifest.mediaType !== mediaType)
    throw new ManifestInvalid('the media type of the manifest differs from its content type')
  if ((manifest.manifests === undefined) === (manifest.config === undefined))
    throw new ManifestInvalid('a manifest has either a config and layers, or manifests')
  return manifest
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'))
  } catch {
    throw new ManifestInvalid('the manifest is not JSON')
  }
}

/** OCI image-spec 1.1 "Guidance for an Empty Descriptor": the config of artifacts that have none. */
export const emptyContent = Buffer.from('{}')
export const emptyDescriptor: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: emptyContent.length,
}

const metadataAnnotation = 'dev.gati.manifest'
export const titleAnnotation = 'org.opencontainers.image.title'

export interface ArtifactManifestParts {
  readonly type: string
  readonly version: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly layers: readonly Descriptor[]
}

/** The OCI manifest around what came through REST; its annotations carry the artifact's own manifest, so that one digest covers all of it. */
export function artifactManifest({ type, version, metadata, layers }: ArtifactManifestParts): Buffer {
  const document = {
    schemaVersion: 2,
    mediaType: imageManifestType,
    artifactType: `application/vnd.gati.${type}.v1`,
    config: emptyDescriptor,
    layers,
    annotations: { 'org.opencontainers.image.version': version, [metadataAnnotation]: JSON.stringify(metadata) },
  }
  return Buffer.from(JSON.stringify(document))
}
