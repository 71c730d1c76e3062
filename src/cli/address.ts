import { usage } from './failure.ts'

/** `namespace/name@version`; the name may hold further slashes, the version may be a tag. */
export interface ArtifactAddress {
  readonly namespace: string
  readonly name: string
  readonly version?: string
}
export type VersionAddress = ArtifactAddress & { readonly version: string }

export function parseAddress(text: string): ArtifactAddress {
  const match = /^@?([^/@]+)\/([^@]+?)(?:@([^@]+))?$/.exec(text)
  if (!match) throw usage(`"${text}" is not an artifact: write namespace/name or namespace/name@version`)
  const [, namespace = '', name = '', version] = match
  return { namespace, name, ...(version !== undefined && { version }) }
}

export function parseVersionAddress(text: string): VersionAddress {
  const { version, ...address } = parseAddress(text)
  if (version === undefined) throw usage('name the version: namespace/name@1.0.0')
  return { ...address, version }
}

/** Path of an artifact, or of something below it, under `/v1/artifacts`. */
export const artifactPath = ({ namespace, name }: ArtifactAddress, ...rest: string[]): string =>
  ['/v1/artifacts', ...[namespace, name, ...rest].map(encodeURIComponent)].join('/')
