import type { Catalog } from '../../metadata/contract.ts'
import { VersionNotFound } from '../../metadata/errors.ts'
import type { Changes } from '../../metadata/packages.contract.ts'
import type { Target } from './apply-packument.ts'
import { atRevision } from './revision.ts'

interface UnpublishDeps {
  readonly changes: Changes
  readonly catalog: Catalog
}

/** `npm unpublish <package> --force`: every version, in one transaction. */
export function unpublishAll({ principal, ref }: Target, seen: string, { changes }: UnpublishDeps): Promise<void> {
  return atRevision({ changes, principal }, { ref, action: 'manage', seen }, () => changes.unpublishAll(principal, ref))
}

/**
 * The second step of `npm unpublish <package>@<version>`: the tarball goes. Nothing is left to do when the version went in the first step; alone it
 * unpublishes the version, for bytes that are gone would leave it broken. Throws VersionNotFound for a file that never was.
 */
export async function unpublishFile(
  { principal, ref }: Target,
  { file, seen }: { readonly file: string; readonly seen: string },
  { changes, catalog }: UnpublishDeps,
): Promise<void> {
  const standing = await changes.together(principal, { ref, action: 'manage' }, async (located) => {
    const version = versionOfFile(ref.name, file)
    return (await changes.standings(located)).find((candidate) => candidate.version === version)
  })
  if (!standing) throw new VersionNotFound()
  if (standing.state === 'deleted') return
  await atRevision({ changes, principal }, { ref, action: 'manage', seen }, () => catalog.unpublish(principal, ref, standing.version))
}

/** `widget-1.0.0.tgz` of `@acme/widget`. */
function versionOfFile(name: string, file: string): string | undefined {
  return file.startsWith(`${name}-`) && file.endsWith('.tgz') ? file.slice(name.length + 1, -'.tgz'.length) : undefined
}
