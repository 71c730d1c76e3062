import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { Action, Grant, GrantSubject, Visibility } from '../auth/contract.ts'
import type { ArtifactRef, Located, PublishFactor, Version } from './contract.ts'

/** A version as whoever changes many of them at once needs it. */
export interface VersionStanding extends Pick<Version, 'version' | 'state'> {
  /** Also of a yanked version, which is deprecated again when it comes back. */
  readonly deprecation: string | null
}

export interface Change {
  readonly ref: ArtifactRef
  readonly action: Action
  /** The revision the caller has seen; it must still be the current one. */
  readonly rev?: number
}

/** Changes of one artifact that belong together. */
export interface Changes {
  /** One transaction under the lock of the artifact's row. Throws `metadata.artifact_changed` for a `rev` that is not the current one. */
  together<T>(principal: Principal, change: Change, work: (located: Located) => Promise<T>): Promise<T>
  /** All that were ever published, deleted ones among them, lowest first. */
  standings(located: Located): Promise<readonly VersionStanding[]>
  /** Version by tag, of versions that can be downloaded. Pending ones have no tags. */
  tags(located: Located): Promise<ReadonlyMap<string, string>>
  /** All versions or none, by the rules of `Catalog.unpublish`; their names stay taken. */
  unpublishAll(principal: Principal, ref: ArtifactRef, rev?: number): Promise<void>
}
export const Changes = service<Changes>('metadata.changes')

/** Who maintains a package, as clients of npm understand it. */
export interface Ownership {
  /** Users with a right to publish on the artifact itself; when there is none, the owners of its namespace. For everybody who may read. */
  maintainers(principal: Principal, ref: ArtifactRef): Promise<readonly string[]>
  /** Throws `auth.user_not_found`, `auth.last_owner`, `metadata.namespace_owner`. */
  setMaintainers(principal: Principal, change: Omit<Change, 'action'>, usernames: readonly string[]): Promise<void>
  addMaintainer(principal: Principal, ref: ArtifactRef, username: string): Promise<void>
  removeMaintainer(principal: Principal, ref: ArtifactRef, username: string): Promise<void>
  /** Whether a user may publish, by name. Everybody with a right, for callers who may publish themselves; the maintainers for others. */
  collaborators(principal: Principal, ref: ArtifactRef): Promise<ReadonlyMap<string, boolean>>
  /** Throws `auth.team_not_found`, also for teams of organizations the caller is no member of. */
  setGrant(principal: Principal, ref: ArtifactRef, grant: Pick<Grant, 'subject' | 'role'>): Promise<Grant>
  removeGrant(principal: Principal, ref: ArtifactRef, subject: GrantSubject): Promise<void>
}
export const Ownership = service<Ownership>('metadata.ownership')

export interface Access {
  /** Whether everybody may read it. */
  isPublic(principal: Principal, ref: ArtifactRef): Promise<boolean>
  /** Throws `metadata.public_not_allowed`, `metadata.always_public`. */
  setVisibility(principal: Principal, ref: ArtifactRef, visibility: Visibility): Promise<void>
  /**
   * `none` for an artifact that does not exist yet. The caller has authorized; one that comes from `Catalog.checkPublish` and goes on to publish says
   * so, and what that found is believed.
   */
  publishFactor(ref: ArtifactRef & { readonly justChecked?: true }): Promise<PublishFactor>
  setPublishFactor(principal: Principal, ref: ArtifactRef, factor: PublishFactor): Promise<void>
}
export const Access = service<Access>('metadata.access')

export interface Holding {
  readonly namespace: string
  readonly name: string
  /** Whether whoever was asked about may publish. */
  readonly writes: boolean
}

/** Packages of format npm with a version to show that the caller may see, by name, at most 1,000. */
export interface Holdings {
  /** Throws `metadata.namespace_not_found` for what is no organization or hidden. */
  ofOrganization(principal: Principal, name: string): Promise<readonly Holding[]>
  /** Throws what auth answers to those who may not look into the organization. */
  ofTeam(principal: Principal, path: { readonly org: string; readonly team: string }): Promise<readonly Holding[]>
  /** What a user has through an organization is told to that user alone. Throws `auth.user_not_found`. */
  ofUser(principal: Principal, username: string): Promise<readonly Holding[]>
  /** Throws `auth.user_not_found`. */
  starredBy(principal: Principal, username: string): Promise<readonly Pick<Holding, 'namespace' | 'name'>[]>
}
export const Holdings = service<Holdings>('metadata.holdings')

export interface Stars {
  /** Stars or unstars; saying it twice changes nothing. */
  set(principal: Principal, ref: ArtifactRef, starred: boolean): Promise<{ readonly starred: boolean; readonly stars: number }>
}
export const Stars = service<Stars>('metadata.stars')
