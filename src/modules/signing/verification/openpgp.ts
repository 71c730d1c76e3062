import type { PublicKey, Signature, SignaturePacket } from 'openpgp'
import { KeyInvalid } from '../errors.ts'
import { decodeBase64 } from './base64.ts'
import type { KeyDescription, PublisherKey } from './key-kinds.ts'
import { Refused } from './verdict.ts'

const maxSignatureBytes = 16 * 1024
const maxPackets = 10
/** Types of signatures over content (RFC 9580 §5.2.1). */
const [binary, text] = [0, 1]

/** Throws `signing.key_invalid`. One public key; it has to be able to sign now, so that a mistake shows here. */
export async function readOpenPgpKey(armored: string): Promise<KeyDescription> {
  const { readKeys } = await import('openpgp')
  // Of several blocks only the first is read.
  if ((armored.match(/-----BEGIN PGP/g) ?? []).length > 1) throw new KeyInvalid('one OpenPGP key is registered at a time')
  const keys = await readKeys({ armoredKeys: armored }).catch((cause: unknown) => {
    throw new KeyInvalid(`it is no OpenPGP key: ${messageOf(cause)}`)
  })
  const [key] = keys
  if (!key || keys.length > 1) throw new KeyInvalid('one OpenPGP key is registered at a time')
  if (key.isPrivate()) throw new KeyInvalid('it is a private key')
  const signing = await key.getSigningKey().catch((cause: unknown) => {
    throw new KeyInvalid(`the OpenPGP key cannot sign: ${messageOf(cause)}`)
  })
  const expires = await key.getExpirationTime()
  const { algorithm, bits } = signing.getAlgorithmInfo()
  return {
    kind: 'openpgp',
    algorithm: bits === undefined ? algorithm : `${algorithm}-${bits}`,
    fingerprint: key.getFingerprint().toUpperCase(),
    material: key.armor(),
    expiresAt: expires instanceof Date ? expires : null,
  }
}

/**
 * A detached signature, armored or base64, over one of the messages. When its packet says it was made is the word of the signer: the key and its subkey
 * must be good at `at`. Throws Refused.
 */
export async function findOpenPgpSigner(
  value: string,
  keys: readonly PublisherKey[],
  { messages, at }: { readonly messages: readonly Buffer[]; readonly at: Date },
): Promise<PublisherKey | undefined> {
  const signature = await readSignature(value)
  for (const key of keys) {
    if (key.kind !== 'openpgp') continue
    const { readKey } = await import('openpgp')
    const publicKey = await readKey({ armoredKey: key.material })
    const found = await madeBy(publicKey, signature, messages)
    if (!found) continue
    await requireGood(publicKey, found, at)
    return key
  }
  return undefined
}

async function readSignature(value: string): Promise<Signature> {
  const { readSignature: read } = await import('openpgp')
  if (value.length > maxSignatureBytes * 2) throw new Refused('the OpenPGP signature is larger than 16 KiB')
  const isArmored = value.includes('BEGIN PGP')
  const bytes = isArmored ? undefined : decodeBase64(value.trim(), maxSignatureBytes)
  if (!isArmored && !bytes) throw new Refused('it is no OpenPGP signature, armored or in base64')
  const signature = await (bytes ? read({ binarySignature: bytes }) : read({ armoredSignature: value })).catch((cause: unknown) => {
    throw new Refused(`it is no OpenPGP signature: ${messageOf(cause)}`)
  })
  if (signature.packets.length === 0 || signature.packets.length > maxPackets)
    throw new Refused('it holds no OpenPGP signature, or too many')
  // The library passes over others silently, and so do clients: what else comes along may say anything.
  if (!signature.packets.every(({ signatureType }) => signatureType === binary || signatureType === text))
    throw new Refused('it holds an OpenPGP signature that is not one over content')
  return signature
}

/** The packet that this key made over one of the messages, whatever else is wrong with the key now. */
async function madeBy(key: PublicKey, signature: Signature, messages: readonly Buffer[]): Promise<SignaturePacket | undefined> {
  const { createMessage, verify } = await import('openpgp')
  const known = signature.packets.filter((packet) => key.getKeys(packet.issuerKeyID).length > 0)
  for (const bytes of messages) {
    if (known.length === 0) return undefined
    const message = await createMessage({ binary: new Uint8Array(bytes) })
    const { signatures } = await verify({ message, signature, verificationKeys: key, format: 'binary' })
    for (const [index, { verified }] of signatures.entries()) {
      const isGood = await verified.catch((cause: unknown) => refuseUnlessForged(cause))
      if (isGood) return signature.packets[index]
    }
  }
  return undefined
}

/** Other bytes or another key: go on looking. Anything else is a reason of its own, which would get lost. */
function refuseUnlessForged(cause: unknown): false {
  const text = messageOf(cause)
  if (/revoked/i.test(text)) throw new Refused(`the OpenPGP key does not count: ${text}`, { status: 'revoked' })
  if (/expired/i.test(text)) throw new Refused(`the OpenPGP key does not count: ${text}`, { status: 'expired' })
  return false
}

async function requireGood(key: PublicKey, packet: SignaturePacket, at: Date): Promise<void> {
  await key.getSigningKey(packet.issuerKeyID, at).catch((cause: unknown) => {
    const text = messageOf(cause)
    throw new Refused(`the OpenPGP key is no good at ${at.toISOString()}: ${text}`, {
      status: /revoked/i.test(text) ? 'revoked' : 'expired',
    })
  })
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).slice(0, 200)
