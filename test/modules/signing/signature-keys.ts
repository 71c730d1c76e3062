import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import * as openpgp from 'openpgp'
import type { PublisherKey } from '../../../src/modules/signing/verification/key-kinds.ts'
import type { Trust } from '../../../src/modules/signing/verification/trust.ts'
import type { Evidence, SignatureStatus, SignedContent } from '../../../src/modules/signing/verification/verdict.ts'
import { issue } from './certificates.ts'
import { issuer } from './sigstore-instance.ts'

/** One proof, and what has to be said of it. */
export interface Case {
  readonly name: string
  readonly evidence: Evidence
  readonly expected: SignatureStatus
  readonly reason?: RegExp
  readonly content?: SignedContent
  readonly trust?: Trust
  readonly seenAt?: Date
}

export const sha256 = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
export const manifest = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', layers: [] }),
)
export const manifestDigest = sha256(manifest)
export const blobDigest = sha256('a blob')
export const content: SignedContent = { manifestDigest, manifest, blobDigest }
export const day = 86_400_000
export const ago = (ms: number): Date => new Date(Date.now() - ms)

export const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()
export const keyOf = (name: string, material: string, more: Partial<PublisherKey> = {}): PublisherKey => ({
  ...{ id: name, kind: 'key', name, material, expiresAt: null, revokedAt: null, voidFrom: null },
  ...more,
})
export const b64 = (bytes: Buffer): string => bytes.toString('base64')
export const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }

/** Statement of cosign about a manifest. */
export const statementAbout = (digest: string, predicateType = 'https://sigstore.dev/cosign/sign/v1') => ({
  ...{ _type: 'https://in-toto.io/Statement/v1', predicateType, predicate: {} },
  subject: [{ name: 'registry.example.org/acme/app', digest: { sha256: digest.slice('sha256:'.length) } }],
})
export const simpleSigning = (digest: string, type = 'cosign container image signature'): Buffer =>
  Buffer.from(
    JSON.stringify({
      critical: { identity: { 'docker-reference': '' }, image: { 'docker-manifest-digest': digest }, type },
      optional: null,
    }),
  )
export const bundled = (value: unknown): Evidence => ({ kind: 'sigstore-bundle', value: JSON.stringify(value) })
export const raw = (bytes: Buffer): Evidence => ({ kind: 'raw', value: b64(bytes) })
export const cosigned = (payload: Buffer, key: KeyObject, more: object = {}): Evidence => ({
  kind: 'cosign',
  value: JSON.stringify({ payload: b64(payload), signature: b64(sign('sha256', payload, key)), ...more }),
})

/** Keys of one publisher, and what they are trusted with. */
export async function makeKeys() {
  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const lost = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const old = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const banned = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const ed = generateKeyPairSync('ed25519')
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const weak = generateKeyPairSync('rsa', { modulusLength: 1_024 })
  const root = issue({ subject: 'Acme Root', ca: true, from: ago(30 * day) })
  const userIDs = [{ name: 'Acme', email: 'release@acme.example' }]
  const pgp = await openpgp.generateKey({ userIDs, format: 'object' })
  const pgpStranger = await openpgp.generateKey({ userIDs, format: 'object' })
  const pgpExpired = await openpgp.generateKey({ userIDs, format: 'object', date: ago(10 * day), keyExpirationTime: 5 * 86_400 })
  const pgpToRevoke = await openpgp.generateKey({ userIDs, format: 'object' })
  const { publicKey: pgpRevoked } = await openpgp.revokeKey({ key: pgpToRevoke.privateKey, format: 'object' })
  const keys = [
    keyOf('ec', pemOf(ec.publicKey)),
    keyOf('ed', pemOf(ed.publicKey)),
    keyOf('rsa', pemOf(rsa.publicKey)),
    keyOf('lost', pemOf(lost.publicKey), { revokedAt: ago(day), voidFrom: ago(3 * day) }),
    keyOf('old', pemOf(old.publicKey), { expiresAt: ago(day) }),
    keyOf('banned', pemOf(banned.publicKey)),
    keyOf('root', root.pem, { kind: 'authority' }),
    keyOf('pgp', pgp.publicKey.armor(), { kind: 'openpgp' }),
    keyOf('pgp-expired', pgpExpired.publicKey.armor(), { kind: 'openpgp' }),
    keyOf('pgp-revoked', pgpRevoked.armor(), { kind: 'openpgp' }),
  ]
  const trust: Trust = {
    keys,
    allowedKeys: new Set(keys.map(({ id }) => id).filter((id) => id !== 'banned')),
    identities: [{ subject: 'https://github.com/acme/*', issuer }],
  }
  return { ec, stranger, lost, old, banned, ed, rsa, weak, root, pgp, pgpStranger, pgpExpired, pgpToRevoke, trust }
}
export type Keys = Awaited<ReturnType<typeof makeKeys>>
