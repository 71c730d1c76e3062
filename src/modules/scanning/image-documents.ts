import { isMembers, listOf, type Members, membersOf, readJson, textOf } from './catalogers/reading.ts'

/** What a manifest lists. */
export interface DescriptorFacts {
  readonly mediaType: string
  readonly digest: string
  readonly sizeBytes: number
  readonly title: string | undefined
  readonly platform: string | null
  /** BuildKit lists attestations among the images of an index, and says so. */
  readonly isAttestation: boolean
}

/** An image manifest or index of OCI or Docker, as far as scanning looks at it. */
export interface ManifestFacts {
  readonly artifactType: string
  readonly configType: string
  readonly config: DescriptorFacts | undefined
  readonly subject: string | undefined
  readonly layers: readonly DescriptorFacts[]
  readonly children: readonly DescriptorFacts[]
  /** The manifest of the artifact's type, where the registry made the document itself. */
  readonly metadata: Members
}

const metadataAnnotation = 'dev.gati.manifest'
const titleAnnotation = 'org.opencontainers.image.title'
const referenceAnnotation = 'vnd.docker.reference.type'
export const imageConfigs: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
])
const maxLayers = 10_000

/** Stored manifests were checked when they came in; what is missing all the same is empty. */
export function manifestFacts(content: Buffer): ManifestFacts {
  const document = membersOf(readJson(content))
  const metadata = readJson(Buffer.from(textOf(membersOf(document['annotations'])[metadataAnnotation])))
  const config = isMembers(document['config']) ? descriptor(document['config']) : undefined
  const configType = config?.mediaType ?? ''
  return {
    ...{ artifactType: textOf(document['artifactType']) || configType, configType, config },
    subject: textOf(membersOf(document['subject'])['digest']) || undefined,
    layers: descriptors(document['layers']),
    children: descriptors(document['manifests']),
    metadata: membersOf(metadata),
  }
}

const descriptors = (value: unknown): DescriptorFacts[] =>
  listOf(value)
    .slice(0, maxLayers)
    .map((entry) => descriptor(membersOf(entry)))

function descriptor(entry: Members): DescriptorFacts {
  const annotations = membersOf(entry['annotations'])
  const platform = platformOf(entry['platform'])
  return {
    mediaType: textOf(entry['mediaType']),
    digest: textOf(entry['digest']),
    sizeBytes: Number(entry['size'] ?? 0),
    title: textOf(annotations[titleAnnotation]) || undefined,
    platform,
    isAttestation: platform === 'unknown/unknown' && textOf(annotations[referenceAnnotation]) === 'attestation-manifest',
  }
}

function platformOf(value: unknown): string | null {
  if (!isMembers(value)) return null
  return [value['os'], value['architecture'], value['variant']]
    .map(textOf)
    .filter((part) => part !== '')
    .join('/')
    .slice(0, 100)
}
