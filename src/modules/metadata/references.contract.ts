import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Artifact, ArtifactRef, Located, Version } from './contract.ts'

/** What a name of an artifact, a tag or a version, points to. */
export interface Reference {
  readonly name: string
  readonly manifestDigest: string
  /** Null for a tag of a manifest that is no version. */
  readonly version: Pick<Version, 'id' | 'version' | 'state' | 'stateReason'> | null
}

/** Names of manifests, for doors whose clients know no versions. Callers have authorized: `located` is what the authorizer let through. */
export interface References {
  /**
   * Tags before versions. Hidden versions per design.md §5 decisions 4-6, as `Catalog.version` does: `undefined`, or `metadata.quarantined` is
   * thrown. `toMend`: also the exact name of a version that its publishers may still read (`PublicationPolicy.isMendable`). No question to the database
   * when warm.
   */
  resolve(located: Located, name: string, as?: { readonly toMend: boolean }): Promise<Reference | undefined>
  /** Tags and visible versions, in the order of their bytes; `+` of a version is `_`. */
  list(located: Located, page: { readonly last?: string; readonly limit: number }): Promise<readonly string[]>
  /**
   * Points names to a manifest, within the surrounding transaction. Where the namespace's `immutableTags` binds a name, it becomes a version,
   * and one that points elsewhere throws `metadata.tag_immutable`. Names that policies hold back stay as they are until these let go: answers why, or
   * nothing. `copied`: from another registry, whose publication it was. `accessory`: a signature or the like, which policies are not asked about under
   * the tags that clients make of a digest. To be called for every manifest that comes in, also without names: it puts
   * the artifact on the list of `repositories`, and with `settlesType` (a manifest without subject) makes its type final.
   */
  assign(
    located: Located,
    names: readonly string[],
    target: {
      readonly manifestDigest: string
      readonly sizeBytes: number
      readonly settlesType?: boolean
      readonly copied?: boolean
      readonly accessory?: boolean
    },
  ): Promise<readonly string[]>
  /** Takes the name away; a version is unpublished, by the rules of `Catalog.unpublish`. Throws `metadata.tag_not_found`. */
  remove(located: Located, name: string): Promise<void>
  /** Takes every name of the manifest away, within the surrounding transaction. Only who may manage the artifact does so with one in quarantine. */
  removeAllOf(located: Located, manifestDigest: string): Promise<void>
  /** The last manifest of the artifact is gone: takes it off the list of `repositories`. Within the surrounding transaction. */
  emptied(located: Located): Promise<void>
  /** Artifacts of format `oci` that hold a manifest and that the caller may see, by namespace and name; `last` is exclusive. */
  repositories(
    principal: Principal,
    page: { readonly last?: Pick<ArtifactRef, 'namespace' | 'name'>; readonly limit: number },
  ): Promise<readonly Pick<Artifact, 'namespace' | 'name'>[]>
  /** What its manifests say of the artifact; searchable. Labels beyond 4 KiB are left out, no description leaves the one there is. */
  describe(located: Located, about: { readonly description?: string; readonly labels: Readonly<Record<string, string>> }): Promise<void>
}
export const References = service<References>('metadata.references')
