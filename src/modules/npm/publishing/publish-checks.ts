import { isTagName } from '../../../shared/types/tag-name.ts'
import { parseVersion } from '../../../shared/types/version.ts'
import type { Namespace } from '../../metadata/contract.ts'
import type { InspectedTarball, PublishExtras } from '../../packuments/contract.ts'
import { IntegrityMismatch, ManifestMismatch, PublishInvalid } from './errors.ts'
import { isRecord, type Members, type PackageDocument } from './package-document.ts'

/** The one version of a document. Throws PublishInvalid. */
export function soleVersion({ versions }: Pick<PackageDocument<unknown>, 'versions'>): string {
  const [version] = versions.keys()
  if (version === undefined || versions.size !== 1) throw new PublishInvalid('a document publishes one version')
  if (parseVersion(version) === undefined) throw new PublishInvalid('its version is not one as semver.org defines it')
  return version
}

/** Of the document and of its version, where they are given. Throws ManifestMismatch. */
export function checkName(expected: string, { name, firstManifest }: Pick<PackageDocument<unknown>, 'name' | 'firstManifest'>): void {
  if (name !== undefined && name !== expected) throw new ManifestMismatch('name')
  if (firstManifest !== undefined && firstManifest['name'] !== expected) throw new ManifestMismatch('name')
}

/** Names of dist-tags. Throws PublishInvalid for one that could be a version or a range, and for one that points to something else. */
export function tagsOf(distTags: Members | undefined, version: string): readonly string[] {
  for (const [tag, target] of Object.entries(distTags ?? {})) {
    if (!isTagName('npm', tag)) throw new PublishInvalid(`a dist-tag cannot be called ${JSON.stringify(tag.slice(0, 100))}`)
    if (target !== version) throw new PublishInvalid(`its dist-tag ${tag} points to another version`)
  }
  return Object.keys(distTags ?? {})
}

/** What clients compute of a tarball has to be so of the bytes that came. Throws IntegrityMismatch. */
export function checkDist(dist: unknown, { integrity, shasum }: Pick<InspectedTarball, 'integrity' | 'shasum'>): void {
  if (!isRecord(dist)) return
  const { shasum: saidSum, integrity: said } = dist
  if (saidSum !== undefined && String(saidSum).toLowerCase() !== shasum) throw new IntegrityMismatch('shasum', shasum)
  if (said === undefined) return
  const sums: Readonly<Record<string, string>> = { sha512: integrity, sha1: `sha1-${Buffer.from(shasum, 'hex').toString('base64')}` }
  // Subresource integrity: several algorithms, each with options behind a question mark.
  for (const part of String(said).trim().split(/\s+/)) {
    const [algorithm = ''] = part.split('-', 1)
    const expected = Object.hasOwn(sums, algorithm) ? sums[algorithm] : undefined
    if (expected !== undefined && part.split('?', 1)[0] !== expected) throw new IntegrityMismatch('integrity', integrity)
  }
}

/** What only the publisher knows, as far as it is plain. */
export function extrasOf(manifest: Members, username: string | undefined): PublishExtras {
  const plain = (member: string): string | undefined => {
    const value = manifest[member]
    return typeof value === 'string' && /^[\x21-\x7e]{1,100}$/.test(value) ? value : undefined
  }
  const [npmVersion, nodeVersion, gitHead] = [plain('_npmVersion'), plain('_nodeVersion'), plain('gitHead')]
  return {
    ...(npmVersion !== undefined && { npmVersion }),
    ...(nodeVersion !== undefined && { nodeVersion }),
    ...(gitHead !== undefined && { gitHead }),
    ...(username !== undefined && { username }),
  }
}

/**
 * `access` of a document, for a package that is new. `public` is up to the namespace, as null is: npm 11 sends it with every publish, unasked, and
 * nothing private is to become public that way. Throws PublishInvalid.
 */
export function visibilityOf(access: unknown, { accountId }: Namespace): 'private' | undefined {
  if (access === undefined || access === null || access === 'public') return undefined
  if (access !== 'restricted') throw new PublishInvalid('access is public, restricted or null')
  if (accountId === null) throw new PublishInvalid('a package without a scope cannot be restricted')
  return 'private'
}
