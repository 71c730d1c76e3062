import { type Static, Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { parseJson } from '../../shared/kernel/http-json.ts'
import { DigestSchema } from '../../shared/types/digest.ts'
import { ManifestInvalid } from './errors.ts'

const MediaType = Type.String({ minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' })

/** OCI image-spec descriptor. */
export const Descriptor = Type.Object({
  mediaType: MediaType,
  digest: DigestSchema,
  size: Type.Integer({ minimum: 0 }),
  urls: Type.Optional(Type.Array(Type.String())),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
})
export type Descriptor = Static<typeof Descriptor>

const ManifestDocument = Type.Object({
  schemaVersion: Type.Literal(2),
  mediaType: Type.Optional(MediaType),
  artifactType: Type.Optional(Type.String({ maxLength: 255, pattern: '^[\\x20-\\x7e]*$' })),
  config: Type.Optional(Descriptor),
  layers: Type.Optional(Type.Array(Descriptor, { maxItems: 10_000 })),
  manifests: Type.Optional(Type.Array(Descriptor, { maxItems: 10_000 })),
  subject: Type.Optional(Descriptor),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
})
export type ManifestDocument = Static<typeof ManifestDocument>

const checker = TypeCompiler.Compile(ManifestDocument)
// A model can have thousands of files, each a layer with annotations; D-15 bounds the bytes.
const jsonLimits = { depth: 64, keys: 200_000 }

export const imageManifestType = 'application/vnd.oci.image.manifest.v1+json'
const indexTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
])
const imageTypes: ReadonlySet<string> = new Set([imageManifestType, 'application/vnd.docker.distribution.manifest.v2+json'])

/**
 * Image manifests and indexes (OCI image-spec 1.1, Docker v2 schema 2). Unknown members are allowed. Whether it is one or the other is said by
 * `mediaType` alone, and a document that could be read as both is refused (CVE-2021-41190). Throws `artifacts.manifest_invalid`.
 */
export function parseManifest(content: Buffer, mediaType: string): ManifestDocument {
  const isIndex = indexTypes.has(mediaType)
  if (!isIndex && !imageTypes.has(mediaType))
    throw new ManifestInvalid('the media type is not one of an OCI or Docker (v2 schema 2) manifest or index')
  const document = withoutNulls(readJson(content))
  const [problem] = checker.Errors(document)
  if (problem) throw new ManifestInvalid(`the manifest is invalid at ${problem.path || '/'}: ${problem.message}`)
  const manifest = document as ManifestDocument
  if (manifest.mediaType !== undefined && manifest.mediaType !== mediaType)
    throw new ManifestInvalid('the media type of the manifest differs from its content type')
  checkKind(manifest, isIndex)
  return manifest
}

function checkKind({ config, layers, manifests }: ManifestDocument, isIndex: boolean): void {
  const fits = isIndex ? config === undefined && layers === undefined : config !== undefined && manifests === undefined
  if (!fits) throw new ManifestInvalid('an image has a config and layers, an index has manifests, and nothing is both')
}

/** What Go writes for an empty list or map is `null`. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withoutNulls)
  const members = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(members.map(([name, member]) => [name, withoutNulls(member)]))
}

function readJson(content: Buffer): unknown {
  try {
    return parseJson(content, jsonLimits)
  } catch (error) {
    throw new ManifestInvalid(`the manifest cannot be read: ${error instanceof Error ? error.message : 'it is not JSON'}`)
  }
}

/** Layers that clients leave out of a push, because the registry may not distribute them (OCI image-spec, layer.md). */
const isElsewhere = ({ mediaType, urls }: Descriptor): boolean =>
  /nondistributable|\.foreign\./.test(mediaType) || (urls !== undefined && urls.length > 0)

export interface BlobsOf {
  /** The manifest is of no use without them. */
  readonly required: readonly string[]
  readonly optional: readonly string[]
}

/** Digests of the config and the layers. */
export function blobsOf({ config, layers = [] }: ManifestDocument): BlobsOf {
  const digests = (wanted: readonly Descriptor[]) => wanted.map(({ digest }) => digest)
  const here = layers.filter((layer) => !isElsewhere(layer))
  return { required: digests(config ? [config, ...here] : here), optional: digests(layers.filter(isElsewhere)) }
}

/** As lists of referrers show it: its own `artifactType`, else the config's media type (OCI distribution-spec, "Listing Referrers"). */
export const artifactTypeOf = ({ artifactType, config }: ManifestDocument): string | undefined => artifactType || config?.mediaType

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
  readonly artifactType?: string
  readonly version: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly layers: readonly Descriptor[]
}

/** The OCI manifest around what came through REST; its annotations carry the artifact's own manifest, so that one digest covers all of it. */
export function artifactManifest({
  type,
  artifactType = `application/vnd.gati.${type}.v1`,
  version,
  metadata,
  layers,
}: ArtifactManifestParts): Buffer {
  const document = {
    schemaVersion: 2,
    mediaType: imageManifestType,
    artifactType,
    config: emptyDescriptor,
    layers,
    annotations: { 'org.opencontainers.image.version': version, [metadataAnnotation]: JSON.stringify(metadata) },
  }
  return Buffer.from(JSON.stringify(document))
}
