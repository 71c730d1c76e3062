import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'

/** Who vouches for a workflow, and how its claims are read. `custom`: any issuer of OpenID Connect, its claims compared as they are. */
export const PublisherType = oneOf(['github', 'gitlab', 'circleci', 'custom'])
export type PublisherType = Static<typeof PublisherType>

/** As `npm trust` writes it. */
export const PublisherConfig = Type.Object(
  {
    type: PublisherType,
    claims: Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), { description: 'What the id token has to say, by type.' }),
    issuer: Type.Optional(Type.String({ maxLength: 500, description: 'Default: the first trusted issuer of the type.' })),
    permissions: Type.Optional(Type.Array(oneOf(['createPackage', 'createStagedPackage']), { minItems: 1, maxItems: 2 })),
  },
  { additionalProperties: false },
)
export type PublisherConfig = Static<typeof PublisherConfig>

export const TrustedPublisher = Type.Object({
  id: Type.String(),
  type: PublisherType,
  issuer: Type.String(),
  claims: Type.Record(Type.String(), Type.Unknown()),
  permissions: Type.Array(Type.String()),
  createdBy: Type.String({ description: 'Tokens act for this user, within its rights.' }),
  createdAt: Type.String(),
  lastUsedAt: Type.Union([Type.String(), Type.Null()]),
})
export type TrustedPublisher = Static<typeof TrustedPublisher>

/** Of a package that may not exist yet. */
export interface PackageName {
  readonly namespace: string
  readonly name: string
}

export interface ExchangedToken {
  readonly token: string
  readonly createdAt: string
  readonly expiresAt: string
}

/** Workflows that may publish one package with the id token of their CI, without a secret that lasts. The caller of the service has authorized. */
export interface TrustedPublishing {
  /** `createdBy`: of this user only, for a name that belongs to nobody yet. */
  list(of: PackageName, filter?: { readonly createdBy?: string | undefined }): Promise<readonly TrustedPublisher[]>
  /** Throws `auth.publisher_invalid`, `auth.publisher_exists`, `auth.too_many_publishers`. */
  add(owner: Principal, to: PackageName, configs: readonly PublisherConfig[]): Promise<readonly TrustedPublisher[]>
  /** Its tokens end with it. Throws `auth.publisher_not_found`. */
  remove(from: PackageName, publisher: { readonly id: string; readonly createdBy?: string | undefined }): Promise<void>
  /**
   * An API token for publishing this package and nothing else (for staging only, where the publisher may do no more), good for 15 minutes, on behalf of the user who added the publisher that the id token
   * matches. `mayPublish` throws when that user has not the right (any more). Throws `auth.id_token_invalid`, `auth.id_token_replayed`,
   * `auth.no_trusted_publisher`, `auth.issuer_unavailable`; every refusal is logged with its reason.
   */
  exchange(idToken: string, wanted: PackageName, mayPublish: (publisher: Principal) => Promise<void>): Promise<ExchangedToken>
}
export const TrustedPublishing = service<TrustedPublishing>('auth.trusted_publishing')
