import type { Principal } from '../../../shared/kernel/principal.ts'
import type { Catalog, Located, Versions } from '../../metadata/contract.ts'
import type { Changes, Ownership, Stars } from '../../metadata/packages.contract.ts'
import type { Packuments } from '../../packuments/contract.ts'
import { ChangeInvalid } from '../errors.ts'
import type { PackageRef } from '../package-name.ts'
import { changedDeprecations, isShown } from './deprecations.ts'
import { maintainerNames, type PackumentChange } from './packument-change.ts'
import { atRevision } from './revision.ts'

export interface ChangeDeps {
  readonly changes: Changes
  readonly versions: Versions
  readonly catalog: Catalog
  readonly ownership: Ownership
  readonly stars: Stars
  readonly packuments: Packuments
}

export interface Target {
  readonly principal: Principal
  readonly ref: PackageRef
}

/**
 * What `npm deprecate`, `star` and `owner` send: a document put back, without a tarball. All of it or nothing, in one transaction. What else
 * differs is ignored, as registries of npm do: tags and visibility have routes of their own, and versions never change. The caller has asked for
 * a one-time password. Throws ArtifactChanged for a stale `_rev`, ChangeInvalid.
 */
export async function applyPackumentChange({ principal, ref }: Target, change: PackumentChange, deps: ChangeDeps): Promise<void> {
  const { _rev: seen, versions, users, maintainers } = change
  const { changes } = deps
  if (versions.size > 0)
    return atRevision({ changes, principal }, { ref, action: 'publish', seen }, (located) =>
      deprecate({ principal, ref }, { located, change }, deps),
    )
  if (users !== undefined) {
    const starred = principal.username !== undefined && Object.hasOwn(users, principal.username) && Boolean(users[principal.username])
    await atRevision({ changes, principal }, { ref, action: 'read', seen }, () => deps.stars.set(principal, ref, starred))
    return
  }
  if (maintainers !== undefined) return changeOwners({ principal, ref }, change, deps)
  throw new ChangeInvalid('there is nothing in this document that could be changed; a version is published together with its tarball')
}

/**
 * PUT `/<package>/-rev/<rev>`: as above, and versions that are missing are unpublished, which is how `npm unpublish` says it.
 * `change._rev` is the one of the URL.
 */
export async function applyRevision({ principal, ref }: Target, change: PackumentChange, deps: ChangeDeps): Promise<void> {
  const { _rev: seen, versions } = change
  const { changes, catalog, packuments } = deps
  if (versions.size === 0) return applyPackumentChange({ principal, ref }, change, deps)
  await atRevision({ changes, principal }, { ref, action: 'publish', seen }, async (located) => {
    const gone = (await changes.standings(located)).filter((standing) => isShown(standing) && !versions.has(standing.version))
    for (const { version } of gone) {
      // What is no package of npm was in no document, so nobody has taken it out.
      if (await packuments.manifest(located, version)) await catalog.unpublish(principal, ref, version)
    }
    await deprecate({ principal, ref }, { located, change }, deps)
  })
}

async function deprecate(
  { principal, ref }: Target,
  { located, change: { _rev, versions } }: { readonly located: Located; readonly change: PackumentChange },
  { changes, versions: versionService }: ChangeDeps,
): Promise<void> {
  for (const { version, reason } of changedDeprecations(await changes.standings(located), versions)) {
    // A document of unknown age that says nothing about a version takes nothing back.
    if (_rev === undefined && versions.get(version) === undefined) continue
    await versionService.deprecate(principal, ref, { version, reason })
  }
}

async function changeOwners({ principal, ref }: Target, { _rev: seen, maintainers }: PackumentChange, deps: ChangeDeps): Promise<void> {
  const names = maintainerNames(maintainers ?? [])
  if (!names) throw new ChangeInvalid('maintainers are objects with the name of a user')
  const { changes, ownership } = deps
  await atRevision({ changes, principal }, { ref, action: 'manage', seen }, () => ownership.setMaintainers(principal, { ref }, names))
}
