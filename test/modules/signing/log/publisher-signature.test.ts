import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMessage, generateKey, readPrivateKey, sign as signPgp, unarmor } from 'openpgp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from '../../../../src/cli/verify/bundle.ts'
import { checkPublisher } from '../../../../src/cli/verify/publisher-signature.ts'

const digestOf = (text: string | Buffer) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const blobDigest = digestOf('the tool')
const manifestWith = (metadata: object, layers: readonly object[] = [{ digest: blobDigest }]) =>
  Buffer.from(JSON.stringify({ schemaVersion: 2, layers, annotations: { 'dev.gati.manifest': JSON.stringify(metadata) } }))
const published = { name: 'tool', version: '1.0.0' }
const manifest = manifestWith(published)
const digest = digestOf(manifest)
const other = digestOf('something else')
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const ed = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gati-publisher-'))
})
afterAll(() => rm(folder, { recursive: true }))

type Signature = Bundle['proof']['publisherSignatures'][number]
const bundleWith = (...signatures: Pick<Signature, 'kind' | 'evidence'>[]) =>
  ({
    manifest: manifest.toString('base64'),
    proof: { publisherSignatures: signatures.map((each) => ({ ...each, signer: 'ann', issuer: null, signedAt: null })) },
  }) as unknown as Bundle

async function keyFile(key: KeyObject | string): Promise<string> {
  const file = join(folder, `${Math.random()}.pem`)
  await writeFile(file, typeof key === 'string' ? key : key.export({ type: 'spki', format: 'pem' }))
  return file
}
const check = async (key: KeyObject | string, ...signatures: Parameters<typeof bundleWith>) =>
  checkPublisher(bundleWith(...signatures), { ...published, digest }, await keyFile(key)).catch((error: Error) => error.message)

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64')
const signEc = (message: Buffer | string) => sign('sha256', Buffer.from(message), ec.privateKey).toString('base64')
const raw = (evidence: string) => ({ kind: 'raw', evidence })

test.each<[string, KeyObject, string]>([
  ['ECDSA over the digest', ec.publicKey, signEc(digest)],
  ['ECDSA over the manifest', ec.publicKey, signEc(manifest)],
  ['Ed25519', ed.publicKey, sign(null, Buffer.from(digest), ed.privateKey).toString('base64')],
  [
    'RSA-PSS',
    rsa.publicKey,
    sign('sha256', Buffer.from(digest), { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }).toString(
      'base64',
    ),
  ],
])('P2: a raw signature is verified with the key of the publisher: %s', async (_what, key, evidence) => {
  expect(await check(key, { kind: 'raw', evidence: 'AAAA' }, raw(evidence))).toBe('raw')
})

test.each<[string, Buffer, string]>([
  ['published as bytes', manifest, 'raw-of-file'],
  ['of another version', manifestWith({ ...published, version: '9.9.9' }), 'none of its signatures'],
  ['of another name', manifestWith({ ...published, name: 'other' }), 'none of its signatures'],
  ['whose manifest says more', manifestWith({ ...published, description: 'x' }), 'none of its signatures'],
  ['beside another one', manifestWith(published, [{ digest: blobDigest }, { digest: other }]), 'none of its signatures'],
  ['of an image', Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [{ digest: blobDigest }] })), 'none of its signatures'],
])('P2: a signature over the digest of a file is told apart, and is one for nothing but bytes under their name: %s', async (...each) => {
  const [, bytes, expected] = each
  const bundle = { ...bundleWith(raw(signEc(blobDigest))), manifest: bytes.toString('base64') }
  const about = { ...published, digest: digestOf(bytes) }
  const told = await checkPublisher(bundle, about, await keyFile(ec.publicKey)).catch((error: Error) => error.message)
  expect(told).toContain(expected)
  const whole = { ...bundle, ...bundleWith(raw(signEc(blobDigest)), raw(signEc(digestOf(bytes)))), manifest: bundle.manifest }
  expect(await checkPublisher(whole, about, await keyFile(ec.publicKey))).toBe('raw')
})

const signType = 'https://sigstore.dev/cosign/sign/v1'
const envelope = (about: string, predicateType = signType, payloadType = 'application/vnd.in-toto+json') => {
  const payload = Buffer.from(JSON.stringify({ subject: [{ name: 'x', digest: { sha256: about.slice(7) } }], predicateType }))
  const message = Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `), payload])
  return { payload: base64(payload), payloadType, signatures: [{ sig: signEc(message) }] }
}
const cosign = (about: string) => {
  const payload = JSON.stringify({ critical: { image: { 'docker-manifest-digest': about } } })
  return JSON.stringify({ payload: base64(payload), signature: signEc(payload) })
}

test('P2: what cosign made with a key is verified, as layer and as bundle', async () => {
  expect(await check(ec.publicKey, { kind: 'cosign', evidence: cosign(digest) })).toBe('cosign')
  const bundle = (content: object) => ({ kind: 'sigstore-bundle', evidence: JSON.stringify(content) })
  expect(await check(ec.publicKey, bundle({ dsseEnvelope: envelope(digest) }))).toBe('sigstore-bundle')
  expect(await check(ec.publicKey, bundle({ messageSignature: { signature: signEc(manifest) } }))).toBe('sigstore-bundle')
})

const signRsa = (message: Buffer | string) => sign('sha256', Buffer.from(message), rsa.privateKey).toString('base64')

test('P2: what the registry takes is verified: RSA with PKCS #1 v1.5 in what cosign makes, and bundles over the text of a digest', async () => {
  const bundle = (signature: string) => ({ kind: 'sigstore-bundle', evidence: JSON.stringify({ messageSignature: { signature } }) })
  expect(await check(rsa.publicKey, bundle(signRsa(manifest)))).toBe('sigstore-bundle')
  expect(await check(ec.publicKey, bundle(signEc(digest)))).toBe('sigstore-bundle')
  expect(await check(ec.publicKey, bundle(signEc(blobDigest)))).toBe('sigstore-bundle-of-file')
  const payload = JSON.stringify({ critical: { image: { 'docker-manifest-digest': digest } } })
  const evidence = JSON.stringify({ payload: base64(payload), signature: signRsa(payload) })
  expect(await check(rsa.publicKey, { kind: 'cosign', evidence })).toBe('cosign')
  expect(await check(rsa.publicKey, raw(signRsa(digest)))).toContain('none of its signatures is by')
})

const bundled = (dsseEnvelope: object) => ({ kind: 'sigstore-bundle', evidence: JSON.stringify({ dsseEnvelope }) })

describe('P2: refused', () => {
  test.each<[string, { kind: string; evidence: string | null }]>([
    ['over another digest', raw(signEc(other))],
    ['by nobody', raw(base64('nothing'))],
    ['gone', { kind: 'raw', evidence: null }],
    ['of cosign about another image', { kind: 'cosign', evidence: cosign(other) }],
    ['of cosign that is none', { kind: 'cosign', evidence: '{' }],
    ['a statement about another image', { kind: 'sigstore-bundle', evidence: JSON.stringify({ dsseEnvelope: envelope(other) }) }],
    ['an attestation that approves of nothing', bundled(envelope(digest, 'https://spdx.dev/Document'))],
    ['an envelope of something else', bundled(envelope(digest, signType, 'application/json'))],
    ['a bundle of nothing', { kind: 'sigstore-bundle', evidence: 'null' }],
    ['a kind that nobody knows', { kind: 'provenance', evidence: '[]' }],
  ])('a signature %s', async (_what, signature) => {
    expect(await check(ec.publicKey, signature)).toMatch(/verification failed: none of its signatures is by/)
  })

  test('a good signature by another key, and no signature at all', async () => {
    expect(await check(ed.publicKey, raw(signEc(digest)))).toContain('none of its signatures is by')
    expect(await check(ec.publicKey)).toContain('there is no signature of a publisher')
  })

  test('a file that is no key', async () => {
    expect(await check('nothing')).toContain('holds no public key')
    expect(await check('-----BEGIN PGP PUBLIC KEY BLOCK-----')).toContain('holds no public key')
    expect(
      await checkPublisher(bundleWith(), { ...published, digest }, join(folder, 'absent')).catch((error: Error) => error.message),
    ).toContain('cannot be read')
  })
})

test('P2: an OpenPGP signature is verified with the key of the publisher, armored or not', async () => {
  const make = () => generateKey({ type: 'ecc', userIDs: [{ email: 'ann@example.org' }], format: 'armored' })
  const [mine, theirs] = await Promise.all([make(), make()])
  const signed = async (text: string) =>
    signPgp({
      message: await createMessage({ binary: Buffer.from(text) }),
      signingKeys: await readPrivateKey({ armoredKey: mine.privateKey }),
      detached: true,
      format: 'armored',
    })
  const bare = async (text: string) => base64(Buffer.from((await unarmor(await signed(text))).data as Uint8Array))
  const pgp = (evidence: string) => ({ kind: 'openpgp', evidence })
  expect(await check(mine.publicKey, pgp(await signed(digest)))).toBe('openpgp')
  expect(await check(mine.publicKey, pgp(await bare(manifest.toString())))).toBe('openpgp')
  expect(await check(theirs.publicKey, pgp(await signed(digest)))).toContain('none of its signatures')
  expect(await check(mine.publicKey, pgp(await signed(other)))).toContain('none of its signatures')
  expect(await check(mine.publicKey, raw(signEc(digest)))).toContain('none of its signatures')
})
