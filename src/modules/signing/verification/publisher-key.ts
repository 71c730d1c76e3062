import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { KeyInvalid } from '../errors.ts'
import type { KeyDescription } from './key-kinds.ts'
import { readOpenPgpKey } from './openpgp.ts'

export const maxKeyBytes = 64 * 1024
const maxCertificates = 10
const minRsaBits = 2_048
const maxRsaBits = 8_192

/** Throws `signing.key_invalid` with the reason. */
export async function describeKey(text: string): Promise<KeyDescription> {
  if (Buffer.byteLength(text) > maxKeyBytes) throw new KeyInvalid('it is larger than 64 KiB')
  if (/PRIVATE KEY/.test(text)) throw new KeyInvalid('it is a private key: revoke it, everybody who saw this request may have it')
  if (text.includes('BEGIN PGP')) return readOpenPgpKey(text)
  if (text.includes('BEGIN CERTIFICATE')) return describeCertificates(text)
  const key = publicKeyOf(text)
  const material = key.export({ type: 'spki', format: 'pem' }).toString()
  return { kind: 'key', algorithm: algorithmOf(key), fingerprint: keyFingerprint(key), material, expiresAt: null }
}

function describeCertificates(text: string): KeyDescription {
  const certificates = certificatesOf(text)
  const [first] = certificates
  if (!first) throw new KeyInvalid('it holds no certificate')
  const isAuthority = first.ca
  if (!isAuthority && certificates.length > 1) throw new KeyInvalid('of a certificate that is no authority only itself is registered')
  if (isAuthority && !certificates.every(({ ca }) => ca)) throw new KeyInvalid('one of the certificates is no certificate authority')
  for (const { publicKey } of certificates) algorithmOf(publicKey)
  const ends = certificates.map(({ validToDate }) => validToDate.getTime())
  return {
    kind: isAuthority ? 'authority' : 'certificate',
    algorithm: algorithmOf(first.publicKey),
    fingerprint: `SHA256:${createHash('sha256').update(first.raw).digest('hex')}`,
    material: certificates.map(String).join(''),
    expiresAt: new Date(Math.max(...ends)),
  }
}

/** Throws `signing.key_invalid`. */
export function certificatesOf(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length > maxCertificates) throw new KeyInvalid(`it holds more than ${maxCertificates} certificates`)
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    throw new KeyInvalid('a certificate in it cannot be read')
  }
}

function publicKeyOf(text: string): KeyObject {
  try {
    return createPublicKey(text)
  } catch {
    throw new KeyInvalid('it is no public key in PEM (SubjectPublicKeyInfo), no certificate and no OpenPGP key')
  }
}

/** Throws `signing.key_invalid` for keys that are too weak or of a kind that nothing here verifies with. */
export function algorithmOf(key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return 'ed25519'
  if (type === 'ec') {
    if (details?.namedCurve === 'prime256v1') return 'ecdsa-p256'
    throw new KeyInvalid(`ECDSA keys are of the curve P-256, not ${details?.namedCurve ?? 'of one without a name'}`)
  }
  if (type !== 'rsa' && type !== 'rsa-pss') throw new KeyInvalid(`keys are ECDSA P-256, Ed25519 or RSA, not ${type ?? 'of that kind'}`)
  const bits = details?.modulusLength ?? 0
  if (bits < minRsaBits) throw new KeyInvalid(`RSA keys have at least ${minRsaBits} bits, this one has ${bits}`)
  if (bits > maxRsaBits) throw new KeyInvalid(`RSA keys have at most ${maxRsaBits} bits, this one has ${bits}`)
  return `rsa-${bits}`
}

export const keyFingerprint = (key: KeyObject): string =>
  `SHA256:${createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')}`
