import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { ArtifactRef } from '../metadata/contract.ts'

const Text = Type.Union([Type.String(), Type.Null()])

export const SignatureView = Type.Object({
  id: Type.String(),
  kind: oneOf(['cosign', 'sigstore-bundle', 'raw', 'openpgp', 'provenance']),
  status: oneOf(['verified', 'rejected', 'revoked', 'expired']),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it does not count; null when it does.' }),
  signer: Type.Union([Type.String(), Type.Null()], { description: 'Name of the key, or subject of the identity.' }),
  keyId: Text,
  issuer: Text,
  predicateType: Type.Union([Type.String(), Type.Null()], { description: 'Of an in-toto statement.' }),
  signedAt: Type.Union([Type.String(), Type.Null()], { description: 'Proven by a log or a timestamp authority.' }),
  seenAt: Type.String(),
  checkedAt: Type.String(),
  source: oneOf(['referrer', 'rest', 'publish']),
  sourceDigest: Type.Union([Type.String(), Type.Null()], { description: 'Manifest that it came in.' }),
})
export type SignatureView = Static<typeof SignatureView>

export const SignaturesView = Type.Object({
  manifestDigest: Type.String(),
  required: Type.Boolean(),
  verified: Type.Boolean({ description: 'Whether it has what the policy of its namespace wants, were it required.' }),
  reason: Text,
  items: Type.Array(SignatureView),
})
export type SignaturesView = Static<typeof SignaturesView>

export const NewSignature = Type.Object(
  {
    kind: oneOf(['raw', 'openpgp', 'sigstore-bundle']),
    value: Type.Union([Type.String({ minLength: 1, maxLength: 262_144 }), Type.Object({}, { additionalProperties: true })], {
      description: 'raw: base64; openpgp: armor or base64; sigstore-bundle: JSON.',
    }),
    keyId: Type.Optional(Type.String({ format: 'uuid', maxLength: 36 })),
  },
  { additionalProperties: false },
)
export type NewSignature = Static<typeof NewSignature>

/** Signatures over manifests of artifacts; `reference` is a version, a tag or a digest. */
export interface Signatures {
  /** At most 100, newest first; `attestations`: only what carries an in-toto statement. */
  list(
    principal: Principal,
    ref: ArtifactRef,
    query: { readonly reference: string; readonly attestations?: { readonly predicateType?: string } },
  ): Promise<SignaturesView>
  /** Throws `signing.signature_verification_failed` for one that does not count; then nothing is kept. */
  add(principal: Principal, ref: ArtifactRef, signature: NewSignature & { readonly reference: string }): Promise<SignatureView>
}
export const Signatures = service<Signatures>('signing.signatures')
