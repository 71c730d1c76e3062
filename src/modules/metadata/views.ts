import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { type ArtifactFormat, ArtifactFormatSchema, type ArtifactType, ArtifactTypeSchema } from '../../shared/types/artifact-type.ts'
import type { Page } from '../../shared/types/page.ts'
import type { Grant, GrantSubject, Member, Role, Visibility } from '../auth/contract.ts'
import { type ArtifactRef, NamespaceSettings, type PageQuery, RetentionRules, Tag } from './contract.ts'

const choice = <const T extends readonly string[]>(...values: T) => Type.Unsafe<T[number]>({ type: 'string', enum: values })
const Text = Type.Union([Type.String(), Type.Null()])

export const NamespaceVisibility = choice('public', 'private')
export const ArtifactVisibility = choice('inherit', 'public', 'private')

/** Who stands behind a namespace; nobody behind `library`. */
export const Owner = Type.Object({
  name: Type.String(),
  displayName: Type.String(),
  type: choice('user', 'organization'),
  verified: Type.Boolean(),
})
export type Owner = Static<typeof Owner>
const MaybeOwner = Type.Union([Owner, Type.Null()])

export const NamespaceView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  visibility: NamespaceVisibility,
  settings: NamespaceSettings,
  owner: MaybeOwner,
  /** Of what the caller may see. */
  artifactCount: Type.Integer(),
  totalDownloads: Type.Integer(),
  createdAt: Type.String(),
})
export type NamespaceView = Static<typeof NamespaceView>

export const PublisherView = Type.Object({
  id: Type.String(),
  type: choice('user', 'organization'),
  username: Type.String(),
  displayName: Type.String(),
  verified: Type.Boolean(),
  namespace: Type.String(),
  artifactCount: Type.Integer(),
  totalDownloads: Type.Integer(),
  createdAt: Type.String(),
})
export type PublisherView = Static<typeof PublisherView>

export const ArtifactSummary = Type.Object({
  id: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  format: ArtifactFormatSchema,
  type: ArtifactTypeSchema,
  description: Text,
  /** What its OCI manifests say of it. */
  labels: Type.Record(Type.String(), Type.String()),
  visibility: ArtifactVisibility,
  /** Version of the tag `latest`. */
  latest: Text,
  stars: Type.Integer(),
  downloads: Type.Integer(),
  createdAt: Type.String(),
  updatedAt: Type.String(),
})
export type ArtifactSummary = Static<typeof ArtifactSummary>

export const ArtifactView = Type.Composite([
  ArtifactSummary,
  Type.Object({
    /** Deleted and pending ones are not counted. */
    versionCount: Type.Integer(),
    /** The 100 that moved last; the list of tags has all. */
    tags: Type.Array(Tag),
    /** Whether the caller starred it. */
    starred: Type.Boolean(),
    owner: MaybeOwner,
  }),
])
export type ArtifactView = Static<typeof ArtifactView>

/** Null takes a setting back to its default. */
export const SettingsChange = Type.Partial(
  Type.Object({
    ...Type.Omit(NamespaceSettings, ['defaultLicense', 'quotaBytes', 'quotaArtifacts', 'retention']).properties,
    defaultLicense: Type.Union([Type.String({ maxLength: 200 }), Type.Null()]),
    quotaBytes: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    quotaArtifacts: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
    retention: Type.Union([RetentionRules, Type.Null()]),
  }),
  { additionalProperties: false },
)
export type SettingsChange = Static<typeof SettingsChange>

export interface Namespaces {
  /** By name, those the caller may see. */
  list(principal: Principal, query: PageQuery): Promise<Page<NamespaceView>>
  find(principal: Principal, name: string): Promise<NamespaceView>
  publisher(principal: Principal, name: string): Promise<PublisherView>
  update(
    principal: Principal,
    name: string,
    change: { readonly visibility?: Visibility; readonly settings?: SettingsChange },
  ): Promise<NamespaceView>
  members(principal: Principal, name: string): Promise<Member[]>
  findMember(principal: Principal, name: string, username: string): Promise<Member>
  setMember(principal: Principal, name: string, member: { readonly username: string; readonly role: Role }): Promise<Member>
  removeMember(principal: Principal, name: string, username: string): Promise<void>
}
export const Namespaces = service<Namespaces>('metadata.namespaces')

export interface Artifacts {
  /** By name and format, those the caller may see. */
  list(
    principal: Principal,
    namespace: string,
    query: PageQuery & { readonly type?: ArtifactType; readonly format?: ArtifactFormat },
  ): Promise<Page<ArtifactSummary>>
  find(principal: Principal, ref: ArtifactRef): Promise<ArtifactView>
  update(
    principal: Principal,
    ref: ArtifactRef,
    change: { readonly description?: string | null; readonly visibility?: Visibility | 'inherit' },
  ): Promise<ArtifactView>
  grants(principal: Principal, ref: ArtifactRef): Promise<Grant[]>
  findGrant(principal: Principal, ref: ArtifactRef, subject: GrantSubject): Promise<Grant>
  setGrant(principal: Principal, ref: ArtifactRef, grant: Pick<Grant, 'subject' | 'role'>): Promise<Grant>
  removeGrant(principal: Principal, ref: ArtifactRef, subject: GrantSubject): Promise<void>
}
export const Artifacts = service<Artifacts>('metadata.artifacts')

export const StarView = Type.Object({ starred: Type.Boolean(), stars: Type.Integer() })
export type StarView = Static<typeof StarView>
