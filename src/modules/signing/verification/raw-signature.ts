import { constants, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { decodeBase64 } from './base64.ts'
import type { PublisherKey } from './key-kinds.ts'
import { Refused, type SignedContent } from './verdict.ts'

const maxSignatureBytes = 1_024
/** Every key of a namespace may have to hash it. */
const maxManifestBytes = 64 * 1_024

/** What a signature may have been made over, in the order it is tried. A manifest that is larger is signed by its digest. */
export function messagesOf({ manifestDigest, manifest, blobDigest }: SignedContent): readonly Buffer[] {
  const texts = [manifestDigest, ...(blobDigest === undefined ? [] : [blobDigest])].map((digest) => Buffer.from(digest))
  return manifest && manifest.length <= maxManifestBytes ? [...texts, manifest] : texts
}

const parsed = new WeakMap<PublisherKey, KeyObject>()

/** Of one that verifies by itself; undefined for certificate authorities and OpenPGP. */
export function plainKeyOf(registered: PublisherKey): KeyObject | undefined {
  const { kind, material } = registered
  if (kind !== 'key' && kind !== 'certificate') return undefined
  const key = parsed.get(registered) ?? (kind === 'key' ? createPublicKey(material) : new X509Certificate(material).publicKey)
  parsed.set(registered, key)
  return key
}

/**
 * ECDSA P-256 with SHA-256 (DER), Ed25519, or RSA-PSS with SHA-256 and a salt of any length; base64. Answers the keys that made it over one of the
 * messages: a key may be registered by itself and in a certificate. Throws Refused for what is no such signature.
 */
export function findRawSigners(value: string, keys: readonly PublisherKey[], messages: readonly Buffer[]): readonly PublisherKey[] {
  const signature = decodeBase64(value.trim(), maxSignatureBytes)
  if (!signature) throw new Refused('it is no signature in base64 (of at most 1,024 bytes, padded, without line breaks)')
  // By message, because the largest comes last.
  for (const message of messages) {
    const found = keys.filter((key) => {
      const publicKey = plainKeyOf(key)
      return publicKey !== undefined && isSignedBy(publicKey, message, signature)
    })
    if (found.length > 0) return found
  }
  return []
}

function isSignedBy(key: KeyObject, message: Buffer, signature: Buffer): boolean {
  // Keys limited to other parameters (RSASSA-PSS with another hash) throw.
  try {
    return verifies(key, message, signature)
  } catch {
    return false
  }
}

function verifies(key: KeyObject, message: Buffer, signature: Buffer): boolean {
  const type = key.asymmetricKeyType
  if (type === 'ed25519') return verify(null, message, key, signature)
  if (type === 'ec') return verify('sha256', message, { key, dsaEncoding: 'der' }, signature)
  return verify('sha256', message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature)
}
