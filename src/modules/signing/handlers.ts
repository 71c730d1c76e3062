import { addSignature } from './handlers/add-signature.ts'
import { expirePublisherKey } from './handlers/expire-publisher-key.ts'
import { findSigningPolicy } from './handlers/find-signing-policy.ts'
import { listAttestations } from './handlers/list-attestations.ts'
import { listPublisherKeys } from './handlers/list-publisher-keys.ts'
import { listSignatures } from './handlers/list-signatures.ts'
import { registerPublisherKey } from './handlers/register-publisher-key.ts'
import { revokePublisherKey } from './handlers/revoke-publisher-key.ts'
import { setSigningPolicy } from './handlers/set-signing-policy.ts'

export const signatureHandlers = [
  ...[listPublisherKeys, registerPublisherKey, expirePublisherKey, revokePublisherKey, findSigningPolicy, setSigningPolicy],
  ...[listSignatures, listAttestations, addSignature],
]
