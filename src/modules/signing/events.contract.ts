import { Type } from '@sinclair/typebox'
import { defineEvent } from '../../shared/kernel/event.ts'
import { ManifestFact } from '../metadata/publications.contract.ts'

/** A signature over the manifest was checked and counts. */
export const SignatureVerified = defineEvent(
  'signing.signature_verified',
  Type.Composite([
    ManifestFact,
    Type.Object({
      signatureId: Type.String(),
      /** `cosign`, `sigstore-bundle`, `raw`, `openpgp`, `provenance`. */
      kind: Type.String(),
      /** Id of the registered key, or subject of the identity. */
      signer: Type.String(),
    }),
  ]),
)

/** A signature was checked and does not count; also one that counted until its key was revoked. */
export const SignatureRejected = defineEvent(
  'signing.signature_rejected',
  Type.Composite([
    ManifestFact,
    Type.Object({ signatureId: Type.Union([Type.String(), Type.Null()]), kind: Type.String(), reason: Type.String() }),
  ]),
)

export const PublisherKeyRevoked = defineEvent(
  'signing.publisher_key_revoked',
  Type.Object({ namespace: Type.String(), keyId: Type.String(), reason: Type.String(), compromised: Type.Boolean() }),
)

/** Keys or policy of a namespace are others than before: verdicts may be, too. */
export const SigningTrustChanged = defineEvent(
  'signing.trust_changed',
  Type.Object({ namespaceId: Type.String(), namespace: Type.String() }),
)
