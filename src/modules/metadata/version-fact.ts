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
