import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'

const Text = Type.Union([Type.String(), Type.Null()])

export const PublisherKeyView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  kind: oneOf(['key', 'openpgp', 'certificate', 'authority']),
  algorithm: Type.String(),
  fingerprint: Type.String({
    description: 'SHA256: and hexadecimal, of the SubjectPublicKeyInfo or the certificate; OpenPGP as its clients show it.',
  }),
  publicKey: Type.String({ description: 'PEM or armor.' }),
  status: oneOf(['active', 'expired', 'revoked']),
  expiresAt: Text,
  revokedAt: Text,
  revokedReason: Text,
  compromised: Type.Boolean(),
  createdBy: Text,
  createdAt: Type.String(),
})
export type PublisherKeyView = Static<typeof PublisherKeyView>

export const NewPublisherKey = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\p{C}]+$' }),
    publicKey: Type.String({
      minLength: 1,
      maxLength: 65_536,
      description: 'PEM (public key, certificate, or certificates of an authority) or OpenPGP armor.',
    }),
    expiresAt: Type.Optional(Type.String({ maxLength: 40, description: 'Instant (RFC 3339).' })),
  },
  { additionalProperties: false },
)
export type NewPublisherKey = Static<typeof NewPublisherKey>

export const KeyRevocation = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    compromised: Type.Boolean({ default: false, description: 'Somebody else may have the key: what nothing else signs is quarantined.' }),
    at: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'Instant (RFC 3339) from which signatures do not count; those proven to be older stay. Without it none stays.',
      }),
    ),
  },
  { additionalProperties: false },
)
export type KeyRevocation = Static<typeof KeyRevocation>

const Identity = Type.Object(
  {
    subject: Type.String({
      minLength: 1,
      maxLength: 500,
      description: 'Subject alternative name of the certificate; * stands for any text.',
    }),
    issuer: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { additionalProperties: false },
)
export const SigningPolicy = Type.Object(
  {
    allowedKeys: Type.Optional(
      Type.Array(Type.String({ format: 'uuid', maxLength: 36 }), {
        maxItems: 100,
        description: 'Ids of keys; absent: every registered key.',
      }),
    ),
    identities: Type.Array(Identity, { maxItems: 100, default: [], description: 'Who may sign with certificates of the trusted root.' }),
    requiredPredicateTypes: Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
      maxItems: 20,
      default: [],
      description: 'Attestations that have to be there, beside a signature.',
    }),
  },
  { additionalProperties: false },
)
export type SigningPolicy = Static<typeof SigningPolicy>

export const SigningPolicyView = Type.Composite([
  SigningPolicy,
  Type.Object({ required: Type.Boolean({ description: 'Only signed content gets names and is given out.' }) }),
])
export type SigningPolicyView = Static<typeof SigningPolicyView>

/** Keys and policy of a namespace. Whoever may read the namespace may see them, who manages it may change them. */
export interface PublisherKeys {
  list(principal: Principal, namespace: string): Promise<readonly PublisherKeyView[]>
  /** Throws `signing.key_invalid`, `signing.key_exists`, `signing.too_many_keys`. */
  register(principal: Principal, namespace: string, key: NewPublisherKey): Promise<PublisherKeyView>
  /** Null takes the expiry back, as far as the key itself has none. Throws `signing.key_not_found`, `signing.key_revoked`. */
  expire(
    principal: Principal,
    namespace: string,
    change: { readonly keyId: string; readonly expiresAt: string | null },
  ): Promise<PublisherKeyView>
  /** For good. Again only to say that the key was compromised after all. */
  revoke(principal: Principal, namespace: string, change: KeyRevocation & { readonly keyId: string }): Promise<PublisherKeyView>
}
export const PublisherKeys = service<PublisherKeys>('signing.publisher_keys')

export interface SigningPolicies {
  find(principal: Principal, namespace: string): Promise<SigningPolicyView>
  /** Throws `signing.policy_invalid`. */
  set(principal: Principal, namespace: string, policy: SigningPolicy): Promise<SigningPolicyView>
}
export const SigningPolicies = service<SigningPolicies>('signing.policies')
