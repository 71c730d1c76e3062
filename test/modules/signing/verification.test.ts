import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import * as openpgp from 'openpgp'
import { expect, test, vi } from 'vitest'
import { SigningSettings } from '../../../src/modules/signing/settings.ts'
import { requireChain } from '../../../src/modules/signing/verification/certificate-chain.ts'
import type { PublisherKey } from '../../../src/modules/signing/verification/key-kinds.ts'
import { SignatureCheck } from '../../../src/modules/signing/verification/signature-check.ts'
import type { Evidence } from '../../../src/modules/signing/verification/verdict.ts'
import { codeSigning, type Issued, issue } from './certificates.ts'
import { ago, content, cosigned, day, keyOf, manifestDigest, pemOf, raw, simpleSigning } from './signature-keys.ts'

const settingsWith = (more: object = {}) => Value.Default(SigningSettings, more) as SigningSettings
const check = new SignatureCheck(settingsWith())
const verdictOf = (evidence: Evidence, keys: readonly PublisherKey[]) =>
  check.check(evidence, { trust: { keys, allowedKeys: null, identities: [] }, content, seenAt: null })
const ecPair = (namedCurve = 'prime256v1') => generateKeyPairSync('ec', { namedCurve })

const certificateOf = ({ pem }: Issued) => new X509Certificate(pem)
const leadsTo = (root: Issued, leaf: Issued, intermediates: readonly Issued[]) =>
  requireChain({
    ...{ leaf: certificateOf(leaf), intermediates: intermediates.map(certificateOf), anchors: [certificateOf(root)], at: new Date() },
  })

test('certificates that all vouch for each other cost a few checks, not one for every way through them', () => {
  const root = issue({ subject: 'Root', ca: true })
  const keys = ecPair()
  const own = issue({ subject: 'Ring', ca: true, keys })
  const ring = Array.from({ length: 9 }, () => issue({ subject: 'Ring', ca: true, keys, issuer: own }))
  const leaf = issue({ subject: 'leaf', issuer: own, usage: codeSigning })
  const verify = vi.spyOn(X509Certificate.prototype, 'verify')
  expect(() => leadsTo(root, leaf, ring)).toThrow('leads to no registered certificate authority')
  expect(verify.mock.calls.length).toBeLessThanOrEqual(50)
  // One of them is of the root: that way is found among the others.
  leadsTo(root, leaf, [...ring.slice(1), issue({ subject: 'Ring', ca: true, keys, issuer: root })])
  verify.mockRestore()
})

test('the shortest way counts for the path length of an authority', () => {
  const root = issue({ subject: 'Root', ca: true, pathLength: 1 })
  const keys = ecPair()
  const direct = issue({ subject: 'A', ca: true, keys, issuer: root })
  const between = issue({ subject: 'B', ca: true, issuer: root })
  const around = issue({ subject: 'A', ca: true, keys, issuer: between })
  const leaf = issue({ subject: 'leaf', issuer: direct, usage: codeSigning })
  leadsTo(root, leaf, [around, between, direct])
  expect(() => leadsTo(root, leaf, [around, between])).toThrow('leads to no registered certificate authority')
})

test('authorities on the way have keys of a kind that registered ones may have', () => {
  const root = issue({ subject: 'Root', ca: true })
  const odd = issue({ subject: 'Odd', ca: true, keys: ecPair('secp384r1'), issuer: root })
  const leaf = issue({ subject: 'leaf', issuer: odd, usage: codeSigning })
  expect(() => leadsTo(root, leaf, [odd])).toThrow('leads to no registered certificate authority')
})

test('a key that is registered in an expired certificate, too, counts by itself', async () => {
  const keys = ecPair()
  const { pem } = issue({ subject: 'old', keys, usage: codeSigning })
  const registered = [
    keyOf('old', pem, { kind: 'certificate', expiresAt: ago(day) }),
    keyOf('older', pem, { kind: 'certificate', revokedAt: ago(day) }),
    keyOf('bare', pemOf(keys.publicKey)),
  ]
  const proofs = [
    raw(sign('sha256', Buffer.from(manifestDigest), keys.privateKey)),
    cosigned(simpleSigning(manifestDigest), keys.privateKey),
  ]
  for (const evidence of proofs) {
    expect(await verdictOf(evidence, registered)).toMatchObject({ status: 'verified', signer: { keyId: 'bare' } })
    expect(await verdictOf(evidence, registered.slice(0, 2))).toMatchObject({ status: 'expired' })
  }
})

test('bytes of a manifest are offered to the keys up to 64 KiB; a larger one is signed by its digest', async () => {
  const keys = ecPair()
  const trust = { keys: [keyOf('release', pemOf(keys.publicKey))], allowedKeys: null, identities: [] }
  const statusOf = async (size: number, of: 'bytes' | 'digest') => {
    const manifest = Buffer.alloc(size, 'x')
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
    const evidence = raw(sign('sha256', of === 'bytes' ? manifest : Buffer.from(digest), keys.privateKey))
    return (await check.check(evidence, { trust, content: { manifestDigest: digest, manifest }, seenAt: null })).status
  }
  expect([await statusOf(65_536, 'bytes'), await statusOf(65_537, 'bytes'), await statusOf(65_537, 'digest')]).toEqual([
    ...['verified', 'rejected', 'verified'],
  ])
})

test('an authority that was renewed under its name, with its key or another one, counts beside the one before', async () => {
  const keys = ecPair()
  const before = issue({ subject: 'Root', ca: true, keys, from: ago(30 * day), until: ago(day) })
  const same = issue({ subject: 'Root', ca: true, keys })
  const other = issue({ subject: 'Root', ca: true })
  const authority = (name: string, { pem }: Issued, more: object = {}) => keyOf(name, pem, { kind: 'authority', ...more })
  const old = authority('old', before, { expiresAt: ago(day) })
  const registered = [old, authority('revoked', same, { revokedAt: ago(day) }), authority('same', same), authority('other', other)]
  for (const [name, issuer] of [
    ['same', same],
    ['other', other],
  ] as const) {
    const leaf = issue({ subject: 'Bot', issuer, usage: codeSigning })
    const evidence = cosigned(simpleSigning(manifestDigest), leaf.privateKey, { certificate: leaf.pem })
    expect(await verdictOf(evidence, registered)).toMatchObject({ status: 'verified', signer: { keyId: name } })
    expect((await verdictOf(evidence, [old])).status).not.toBe('verified')
  }
})

test('an OpenPGP signature over content comes with none of another kind', async () => {
  const userIDs = [{ name: 'Acme', email: 'release@acme.example' }]
  const { privateKey, publicKey } = await openpgp.generateKey({ userIDs, format: 'object' })
  const message = await openpgp.createMessage({ binary: new Uint8Array(Buffer.from(manifestDigest)) })
  const made = await openpgp.sign({ message, signingKeys: privateKey, detached: true, format: 'object' })
  const registered = [keyOf('pgp', publicKey.armor(), { kind: 'openpgp' })]
  const [certification] = publicKey.users[0]?.selfCertifications ?? []
  const [signature] = made.packets as openpgp.PacketList<openpgp.SignaturePacket>
  if (!certification || !signature) throw new Error('no packets')
  const evidenceOf = (...packets: readonly openpgp.SignaturePacket[]): Evidence => {
    const list = new openpgp.PacketList<openpgp.SignaturePacket>()
    list.push(...packets)
    return { kind: 'openpgp', value: Buffer.from(list.write()).toString('base64') }
  }
  expect(await verdictOf(evidenceOf(signature), registered)).toMatchObject({ status: 'verified' })
  for (const packets of [
    [certification, signature],
    [signature, certification],
  ])
    expect(await verdictOf(evidenceOf(...packets), registered)).toMatchObject({
      ...{ status: 'rejected', reason: expect.stringContaining('not one over content') },
    })
})

test('a trusted file that could not be read once is read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gati-late-'))
  const file = join(folder, 'late.pem')
  const late = new SignatureCheck(settingsWith({ trustedKeys: [{ hint: 'late', file }] }))
  const keys = ecPair()
  const ask = () =>
    late.check(raw(sign('sha256', Buffer.from(manifestDigest), keys.privateKey)), {
      ...{ trust: { keys: [keyOf('ec', pemOf(keys.publicKey))], allowedKeys: null, identities: [] }, content, seenAt: null },
    })
  await expect(ask()).rejects.toThrow('signing.trustedKeys')
  await writeFile(file, pemOf(keys.publicKey))
  expect(await ask()).toMatchObject({ status: 'verified' })
  await rm(folder, { recursive: true })
})
