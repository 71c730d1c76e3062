import { type Static, Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { Page } from '../../shared/types/page.ts'
import type { Action, Resource, Visibility } from '../auth/contract.ts'

/** Which plain tags of OCI artifacts stay: those that any rule keeps, or all when there is no rule. Versions always stay, they are immutable. */
export const RetentionRules = Type.Object(
  {
    keepLast: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'So many tags of each artifact, those that moved last.' }),
    ),
    keepNewerThanDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 36_500, description: 'Tags that moved within so many days.' })),
    keepMatching: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-zA-Z0-9._*-]{1,128}$', description: 'A tag, where * stands for any text.' }), {
        maxItems: 50,
      }),
    ),
  },
  { additionalProperties: false },
)
export type RetentionRules = Static<typeof RetentionRules>

export const NamespaceSettings = Type.Object(
  {
    /** false: nothing in this namespace may be made public. */
    allowPublicPublish: Type.Boolean({ default: true }),
    requireSignedArtifacts: Type.Boolean({ default: false }),
    autoScanVulnerabilities: Type.Boolean({ default: true }),
    defaultLicense: Type.Optional(Type.String({ maxLength: 200 })),
    immutableTags: oneOf(['off', 'semver', 'all'], { default: 'off' }),
    /** Distinct linked bytes; absent is unlimited. */
    quotaBytes: Type.Optional(Type.Integer({ minimum: 0 })),
    quotaArtifacts: Type.Optional(Type.Integer({ minimum: 0 })),
    /** Applied every hour. */
    retention: Type.Optional(RetentionRules),
  },
  { additionalProperties: false },
)
export type NamespaceSettings = Static<typeof NamespaceSettings>

export interface Namespace {
  readonly id: string
  readonly name: string
  /** Null for `library`. */
  readonly accountId: string | null
  readonly visibility: Visibility
  readonly settings: NamespaceSettings
  readonly createdAt: string
}

/** Whether a new version needs a one-time password. `overridable`: not from a token that was made to do without. */
export type PublishFactor = 'none' | 'overridable' | 'always'

export interface Artifact {
  readonly id: string
  readonly namespaceId: string
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  readonly visibility: Visibility | 'inherit'
  readonly publishFactor: PublishFactor
  readonly description: string | null
  /** Raised by every change of a version, a tag, a grant or a star, and for a package when those who maintain it by owning its namespace change. */
  readonly rev: number
  readonly createdAt: string
  readonly updatedAt: string
}

export type VersionState = 'pending' | 'published' | 'deprecated' | 'yanked' | 'quarantined' | 'deleted'

export interface Version {
  readonly id: string
  readonly artifactId: string
  readonly version: string
  readonly state: VersionState
  readonly manifestDigest: string
  /** Sum of the blobs' bytes. */
  readonly sizeBytes: number
  /** The validated manifest of the artifact's type. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly stateReason: string | null
  readonly publishedBy: string | null
  readonly publishedAt: string
}

/** A manifest may be large, so lists go without. */
export type VersionSummary = Omit<Version, 'metadata'>

/** Names as a door decoded them; `format` omitted means the only existing one. */
export interface ArtifactRef {
  readonly namespace: string
  readonly name: string
  readonly format?: ArtifactFormat
}

export interface Located {
  readonly namespace: Namespace
  readonly artifact: Artifact
  readonly resource: Resource
  /** Who located it: decides whether a pending version resolves, and is written down as the author of changes. */
  readonly caller?: Principal
  /** A transaction that adds a version holds the artifact's row; `new`: it made it. */
  readonly held?: 'new' | 'known'
}

export interface PublishTarget {
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  /** `type` is a guess from the content: an artifact whose type is settled keeps it, where it would refuse another one that was chosen. */
  readonly guessed?: true
  readonly description?: string
  /** Of an artifact that is new; otherwise it stays as it is. */
  readonly visibility?: Visibility
}

export interface NewVersion {
  readonly version: string
  readonly manifestDigest: string
  readonly sizeBytes: number
  readonly metadata: Readonly<Record<string, unknown>>
  /** Only bytes were published: there is no manifest of the type to validate. */
  readonly bare?: true
  /** Moved to the new version in the same transaction; `latest` also moves when the version is the highest release. */
  readonly tags: readonly string[]
  /** `latest` moves only when `tags` names it, or when there is none yet: what clients of npm expect. */
  readonly keepsLatest?: true
  /** `published` unless a policy holds it back. */
  readonly state?: 'published' | 'pending'
  /** For policies (`Publication`). */
  readonly proof?: { readonly signature: string; readonly blobDigests: readonly string[] }
  /** The write of the manifest in the same transaction: policies are asked when it is there. */
  readonly written?: Promise<unknown>
}

/** `cursor` is opaque and comes from the page before. */
export interface PageQuery {
  readonly cursor?: string
  readonly limit: number
}

/** Values of the headers `If-Match` and `If-None-Match`. */
export interface Precondition {
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
}

export const Tag = Type.Object({
  name: Type.String(),
  /** Null for a tag of a manifest that is no version. */
  version: Type.Union([Type.String(), Type.Null()]),
  manifestDigest: Type.String(),
  etag: Type.String(),
  updatedAt: Type.String(),
})
export type Tag = Static<typeof Tag>

const Text = Type.Union([Type.String(), Type.Null()])
export const TagChange = Type.Object({
  fromVersion: Text,
  fromDigest: Text,
  toVersion: Text,
  toDigest: Text,
  changedBy: Text,
  changedAt: Type.String(),
})
export type TagChange = Static<typeof TagChange>

/** Movable names of versions (dist-tags of npm). */
export interface Tags {
  list(principal: Principal, ref: ArtifactRef, query: PageQuery): Promise<Page<Tag>>
  find(principal: Principal, ref: ArtifactRef, tag: string): Promise<Tag>
  /** Newest first. */
  history(principal: Principal, ref: ArtifactRef, query: PageQuery & { readonly tag: string }): Promise<Page<TagChange>>
  /** Throws `metadata.tag_changed` when the precondition fails, `metadata.tag_immutable` by policy. */
  move(principal: Principal, ref: ArtifactRef, change: { readonly tag: string; readonly version: string } & Precondition): Promise<Tag>
  remove(principal: Principal, ref: ArtifactRef, change: { readonly tag: string } & Precondition): Promise<void>
}
export const Tags = service<Tags>('metadata.tags')

/** What may be done to a version after it was published; its content never changes. */
export interface Versions {
  /** `order` is by time of publishing (default) or by semver, highest first. Deleted ones are left out, pending ones are for writers. */
  list(
    principal: Principal,
    ref: ArtifactRef,
    query: PageQuery & { readonly order?: 'published' | 'semver' },
  ): Promise<Page<VersionSummary>>
  find(principal: Principal, ref: ArtifactRef, versionOrTag: string): Promise<Version>
  /** Hides it from resolution by tag; it stays downloadable by its exact name. */
  yank(principal: Principal, ref: ArtifactRef, change: { readonly version: string; readonly reason: string | null }): Promise<Version>
  unyank(principal: Principal, ref: ArtifactRef, version: string): Promise<Version>
  /** A null reason takes the deprecation back. */
  deprecate(principal: Principal, ref: ArtifactRef, change: { readonly version: string; readonly reason: string | null }): Promise<Version>
}
export const Versions = service<Versions>('metadata.versions')

/** Names, versions and tags. Every method that takes a principal authorizes through auth. */
export interface Catalog {
  namespace(principal: Principal, name: string, action: Action): Promise<Namespace>
  /** Throws `metadata.artifact_not_found`, `metadata.ambiguous_format`, or what the authorizer throws. */
  locate(principal: Principal, ref: ArtifactRef, action: Action): Promise<Located>
  /** Whether an artifact has this name, or its namespace belongs to somebody; says nothing of rights. */
  isHere(ref: Required<ArtifactRef>): Promise<boolean>
  /**
   * For a publish: like `locate` with `publish`, but creates the artifact when it is new (confusable names, reserved names, wrong type for
   * the format, artifact quota: refused). Within the surrounding transaction when there is one.
   */
  openForPublish(principal: Principal, target: PublishTarget): Promise<Located>
  /** `openForPublish` for a version that follows in the same transaction: holds the artifact's row, and settles its type. */
  openForVersion(principal: Principal, target: PublishTarget): Promise<Located>
  /** Asked by `checkPublish` about every new name; what it throws refuses the name. In `setup`. */
  guardNewNames(guard: (ref: Required<ArtifactRef>) => Promise<void>): void
  /** The checks of `openForPublish` without creating anything, to refuse before the body is read. Also refuses a taken version. */
  checkPublish(principal: Principal, target: PublishTarget, version?: string): Promise<Namespace>
  /** By version or tag. Deleted, pending and quarantined ones per design.md §5 decisions 4-6. */
  version(located: Located, versionOrTag: string): Promise<Version>
  /** Within the surrounding transaction. Throws `metadata.version_exists` for a name that is or was taken; emits `metadata.version_published`. */
  addVersion(located: Located, version: NewVersion): Promise<Version>
  /** Whether any version of the artifact does not resolve for readers: deleted, quarantined, pending. Cheap. */
  hasHiddenVersions(artifactId: string): Promise<boolean>
  /** Whether a version that is not deleted, or a tag, of the artifact has this manifest. */
  manifestInUse(artifactId: string, manifestDigest: string): Promise<boolean>
  /** Counted in memory and flushed twice a second. */
  countDownload(version: Pick<Version, 'id' | 'artifactId'>): void
  /** Removes a version within 72 h (admins: always); its name stays taken. Emits `metadata.version_deleted`. */
  unpublish(principal: Principal, ref: ArtifactRef, version: string): Promise<void>
}
export const Catalog = service<Catalog>('metadata.catalog')

const VersionFact = Type.Object({
  versionId: Type.String(),
  artifactId: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  type: Type.String(),
  version: Type.String(),
  manifestDigest: Type.String(),
})
export const VersionPublished = defineEvent('metadata.version_published', VersionFact)
export const VersionDeleted = defineEvent(
  'metadata.version_deleted',
  // `wasPending`: it had never come out, so that its name is for those alone who may publish.
  Type.Composite([VersionFact, Type.Object({ wasPending: Type.Optional(Type.Boolean()) })]),
)
export const VersionYanked = defineEvent('metadata.version_yanked', Type.Composite([VersionFact, Type.Object({ yanked: Type.Boolean() })]))
export const VersionDeprecated = defineEvent(
  'metadata.version_deprecated',
  Type.Composite([VersionFact, Type.Object({ reason: Type.Union([Type.String(), Type.Null()]) })]),
)
export const TagMoved = defineEvent(
  'metadata.tag_moved',
  Type.Object({
    artifactId: Type.String(),
    tag: Type.String(),
    from: Type.Union([Type.String(), Type.Null()]),
    to: Type.Union([Type.String(), Type.Null()]),
  }),
)
/** Retention took tags of this manifest away at `expiredAt` of the database's clock. */
export const ManifestExpired = defineEvent(
  'metadata.manifest_expired',
  Type.Object({ artifactId: Type.String(), manifestDigest: Type.String(), expiredAt: Type.String() }),
)
/** Somebody starred it, or does so no more. */
export const ArtifactStarred = defineEvent('metadata.artifact_starred', Type.Object({ artifactId: Type.String() }))
export const ArtifactCreated = defineEvent(
  'metadata.artifact_created',
  Type.Object({ artifactId: Type.String(), namespace: Type.String(), name: Type.String(), format: Type.String(), type: Type.String() }),
)
export const NamespaceChanged = defineEvent('metadata.namespace_changed', Type.Object({ namespaceId: Type.String(), name: Type.String() }))
