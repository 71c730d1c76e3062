import type { Blobs, Manifests } from '../../../artifacts/contract.ts'
import { isMembers, type Members, membersOf, readBounded, readMembers, textMembers, textsOf } from '../content.ts'
import { type Described, type ReadManifest, readManifest } from '../manifest-layers.ts'

/** What runs when nobody says otherwise (OCI image-spec "Image Configuration"). */
export interface ImageConfig {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly user: string
  readonly workingDir: string
  readonly stopSignal: string
  readonly ports: ReadonlySet<string>
  readonly volumes: ReadonlySet<string>
  readonly env: ReadonlyMap<string, string>
  readonly labels: ReadonlyMap<string, string>
  readonly hasHealthcheck: boolean
  /** Digests of the unpacked layers. */
  readonly layers: readonly string[]
}

export interface Image {
  /** By platform. Undefined: its configuration is none of an image, or is not here. */
  readonly platforms: ReadonlyMap<string, ImageConfig | undefined>
  readonly artifactType: string | undefined
  /** Names of layers that have one: the files of an artifact that is no image. */
  readonly files: ReadonlyMap<string, string>
}

export interface ImageSource {
  readonly blobs: Blobs
  readonly manifests: Manifests
  readonly artifactId: string
}

const maxPlatforms = 64
const maxConfigBytes = 4_194_304
const configTypes = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json']

/** An image or an index of images. Throws UnreadableContent; undefined when the manifest is not there. */
export async function readImage(source: ImageSource, digest: string, signal: AbortSignal): Promise<Image | undefined> {
  const manifest = await readManifest(source.manifests, source.artifactId, digest)
  if (!manifest) return undefined
  const platforms = new Map<string, ImageConfig | undefined>()
  for (const { child, platform } of childrenOf(manifest)) {
    signal.throwIfAborted()
    const image = child === digest ? manifest : await readManifest(source.manifests, source.artifactId, child)
    const config = image && (await readConfig(source, image))
    const name = platform ?? (config && platformOf(config))
    if (name !== undefined && !platforms.has(name)) platforms.set(name, config && imageConfig(config))
  }
  return {
    platforms,
    artifactType: manifest.artifactType ?? manifest.config?.mediaType,
    files: new Map(manifest.layers.flatMap(({ annotations, digest: layer }) => titled(annotations, layer))),
  }
}

const titled = (annotations: ReadonlyMap<string, string>, digest: string): readonly (readonly [string, string])[] => {
  const title = annotations.get('org.opencontainers.image.title')
  return title === undefined ? [] : [[title, digest]]
}

interface Child {
  readonly child: string
  readonly platform: string | undefined
}

/** Attestations that builders put beside images are for no platform. */
function childrenOf({ digest, manifests }: ReadManifest): readonly Child[] {
  if (!manifests) return [{ child: digest, platform: undefined }]
  const isImage = ({ annotations, platform }: Described) =>
    !annotations.has('vnd.docker.reference.type') && platform?.['os'] !== 'unknown' && platform?.['architecture'] !== 'unknown'
  return manifests
    .filter(isImage)
    .slice(0, maxPlatforms)
    .map(({ digest: child, platform }) => ({ child, platform: platform && platformOf(platform) }))
}

/** `arm64` means `arm64/v8`, as containerd has it. */
export function platformOf(platform: Members): string {
  const { os, architecture, variant } = platform
  const version = platform['os.version']
  const isDefault = (architecture === 'arm64' && variant === 'v8') || (architecture === 'amd64' && variant === 'v1')
  const parts = [os, architecture, isDefault ? undefined : variant].filter((part) => typeof part === 'string' && part !== '')
  // Windows runs an image only on the release it was made for; the last number of it is a patch.
  const release = typeof version === 'string' ? `:${version.split('.').slice(0, 3).join('.')}` : ''
  return parts.join('/') + release
}

/** Undefined for what is no image, and when the bytes are not here. */
async function readConfig({ blobs, artifactId }: ImageSource, { config }: ReadManifest): Promise<Members | undefined> {
  const blob = config && configTypes.includes(config.mediaType) ? await blobs.open(artifactId, config.digest) : undefined
  if (!blob) return undefined
  const content = await readBounded(await blob.read(), { maxBytes: maxConfigBytes, name: 'the configuration of the image' })
  return readMembers(content.toString('utf8'), 'the configuration of the image')
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const keysOf = (value: unknown): ReadonlySet<string> => new Set(Object.keys(membersOf(value)))

function imageConfig(document: Members): ImageConfig {
  const config = membersOf(document['config'])
  const pairs = textsOf(config['Env']).map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)] as const)
  return {
    ...{ entrypoint: textsOf(config['Entrypoint']), command: textsOf(config['Cmd']), user: textOf(config['User']) },
    ...{ workingDir: textOf(config['WorkingDir']) || '/', stopSignal: textOf(config['StopSignal']) || 'SIGTERM' },
    ...{ ports: new Set([...keysOf(config['ExposedPorts'])].map(withProtocol)), volumes: keysOf(config['Volumes']) },
    ...{ env: new Map(pairs), labels: textMembers(config['Labels']), hasHealthcheck: isMembers(config['Healthcheck']) },
    layers: textsOf(membersOf(document['rootfs'])['diff_ids']),
  }
}

const withProtocol = (port: string): string => (port.includes('/') ? port : `${port}/tcp`)
