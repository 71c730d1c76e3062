import type { Manifests } from '../../artifacts/contract.ts'
import { isMembers, type Members, membersOf, readMembers, textMembers } from './content.ts'

/** OCI image-spec "Descriptor", as far as comparisons need it. */
export interface Described {
  readonly digest: string
  readonly mediaType: string
  readonly size: number
  readonly annotations: ReadonlyMap<string, string>
  readonly platform: Members | undefined
}

export interface ReadManifest {
  readonly digest: string
  readonly mediaType: string
  readonly artifactType: string | undefined
  readonly annotations: ReadonlyMap<string, string>
  readonly config: Described | undefined
  readonly layers: readonly Described[]
  /** Of an index. */
  readonly manifests: readonly Described[] | undefined
}

/** Undefined when it is not there. Throws UnreadableContent. */
export async function readManifest(manifests: Manifests, artifactId: string, digest: string): Promise<ReadManifest | undefined> {
  const stored = await manifests.get(artifactId, digest)
  if (!stored) return undefined
  const document = readMembers(stored.content.toString('utf8'), 'the manifest')
  const { artifactType, config, layers, manifests: children } = document
  return {
    ...{ digest, mediaType: stored.mediaType, annotations: textMembers(document['annotations']) },
    artifactType: typeof artifactType === 'string' ? artifactType : undefined,
    config: isMembers(config) ? described(config) : undefined,
    layers: listed(layers) ?? [],
    manifests: listed(children),
  }
}

const listed = (value: unknown): readonly Described[] | undefined =>
  Array.isArray(value) ? value.map(membersOf).map(described) : undefined

const described = ({ digest, mediaType, size, annotations, platform }: Members): Described => ({
  ...{ digest: String(digest), mediaType: String(mediaType), size: Number(size) },
  ...{ annotations: textMembers(annotations), platform: isMembers(platform) ? platform : undefined },
})
