import type { Located, Version } from './contract.ts'

/** Payload of the events about a version. */
export const factOf = ({ namespace, artifact }: Located, version: Version) => ({
  versionId: version.id,
  artifactId: artifact.id,
  namespace: namespace.name,
  name: artifact.name,
  format: artifact.format,
  type: artifact.type,
  version: version.version,
  manifestDigest: version.manifestDigest,
})

/** How the audit log names a version, or with a tag a tag. */
export const subjectOf = ({ namespace, artifact }: Located, versionOrTag: string): string =>
  `${namespace.name}/${artifact.name}:${versionOrTag}`

/** Payload of the events about a manifest. */
export const manifestFactOf = ({ namespace, artifact }: Located, manifestDigest: string) => ({
  artifactId: artifact.id,
  namespace: namespace.name,
  name: artifact.name,
  format: artifact.format,
  manifestDigest,
})

/** How the audit log names a manifest. */
export const manifestSubjectOf = ({ namespace, artifact }: Located, manifestDigest: string): string =>
  `${namespace.name}/${artifact.name}@${manifestDigest}`
