import type { ArtifactFormat } from '../../shared/types/artifact-type.ts'
import { isTagName } from '../../shared/types/tag-name.ts'
import { parseVersion } from '../../shared/types/version.ts'
import { versionSortKey } from '../../shared/types/version-sort-key.ts'
import { VersionInvalid } from './errors.ts'
import { versionOf } from './reference-names.ts'

export interface VersionName {
  readonly text: string
  readonly sortKey: string
  /** True for whatever `latest` must not point at by itself. */
  readonly prerelease: boolean
}

/**
 * Semver for packages; an OCI tag or a commit is an opaque name and sorts below every semver, but for a `v` that images carry before theirs.
 * Throws `metadata.version_invalid`.
 */
export function parseVersionName(format: ArtifactFormat, text: string): VersionName {
  const parsed = parseVersion(format === 'oci' ? versionOf(text.replace(/^v/, '')) : text)
  if (parsed) return { text, sortKey: versionSortKey(parsed), prerelease: parsed.prerelease.length > 0 }
  const opaque = (format === 'oci' || format === 'model') && isTagName(format, text)
  if (!opaque) throw new VersionInvalid('a version is written as semver.org defines it, for example 1.4.0 or 2.0.0-rc.1')
  return { text, sortKey: '', prerelease: true }
}
