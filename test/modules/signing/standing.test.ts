import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Blobs, Manifests } from '../../../src/modules/artifacts/contract.ts'
import { EvidenceReader } from '../../../src/modules/signing/evidence-reader.ts'
import { publisherSignaturesOf } from '../../../src/modules/signing/log/publisher-proofs.ts'
import { verdictOfRow } from '../../../src/modules/signing/row-verdict.ts'
import { standingRows } from '../../../src/modules/signing/signatures.queries.ts'
import type { Trust } from '../../../src/modules/signing/verification/trust.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { emptyConfig, imageOf, indexType, sha256, some } from '../oci/open-door.ts'
import { openSigning, type Problem, pair, rawOver, type Signing } from './open-signing.ts'
import { keyOf, pemOf } from './signature-keys.ts'

let signing: Signing
const release = pair()

beforeAll(async () => {
  signing = await openSigning()
  await signing.register('release', pemOf(release.publicKey))
})
afterAll(() => signing[Symbol.asyncDispose]())

const status = async (as: string, repository: string, reference: string) => (await signing.found(as, repository, reference)).status
const statusesOf = async (name: string, reference: string) => (await signing.signatures(name, reference)).items.map((one) => one.status)
const revoke = (id: string, body: object) =>
  signing.expectJson(signing.rest('DELETE', `/v1/publishers/ada/keys/${id}`, { as: 'ada', body }), 200)
const signatureTag = (digest: string) => `${digest.replace(':', '-')}.sig`
const rowOf = async (manifestDigest: string) => {
  const [row] = await signing.sql<{ artifactId: string; sourceDigest: string; keyId: string }>`select artifact_id as "artifactId",
    source_digest as "sourceDigest", key_id as "keyId" from signatures where manifest_digest = ${manifestDigest}`
  if (!row) throw new Error('no row')
  return row
}

test('R5.5: a signature whose manifest was deleted is over with its key, and what a compromised key signed goes into quarantine', async () => {
  const doomed = pair()
  const key = await signing.register('doomed', pemOf(doomed.publicKey))
  const image = await signing.ada.pushImage('ada/orphan 1')
  await signing.cosignTag('ada/orphan', image.digest, { key: doomed.privateKey })
  await signing.settled()
  const { sourceDigest } = await rowOf(image.digest)
  await signing.door.expectStatus(signing.ada.call('DELETE', `/v2/ada/orphan/manifests/${sourceDigest}`), 202)
  await signing.register('unrelated', pemOf(pair().publicKey))
  await signing.settled()
  expect(await statusesOf('orphan', '1')).toEqual(['verified'])
  await revoke(key.id, { reason: 'stolen', compromised: true })
  await signing.settled()
  const [row] = await signing.sql<{ status: string }>`select status from signatures where manifest_digest = ${image.digest}`
  expect(row).toEqual({ status: 'revoked' })
  expect((await signing.found('eve', 'ada/orphan', '1')).bytes.toString()).toContain('compromised: stolen')
})

test('a proof in a manifest that replaced another one is read from there', async () => {
  const image = await signing.ada.pushImage('ada/replaced 1')
  await signing.cosignTag('ada/replaced', image.digest, { key: release.privateKey })
  await signing.settled()
  const before = await signing.found('ada', 'ada/replaced', signatureTag(image.digest))
  const text = JSON.stringify({ ...before.json(), annotations: { again: 'yes' } })
  await signing.door.expectStatus(signing.ada.putManifest(`ada/replaced ${signatureTag(image.digest)}`, text), 201)
  await signing.settled()
  expect((await signing.signatures('replaced', '1')).items).toMatchObject([{ status: 'verified', sourceDigest: sha256(text) }])
})

test('without its proof a row is decided by who made it', () => {
  const at = new Date('2026-01-02T00:00:00Z')
  const row = { signer: 'k', keyId: 'k', issuer: null, predicateType: null, signedAt: null, seenAt: at.toISOString() }
  const trustIn = (more: object): Trust => ({ keys: [keyOf('k', '', more)], allowedKeys: null, identities: [] })
  const later = new Date('2026-01-03T00:00:00Z')
  const earlier = new Date('2026-01-01T00:00:00Z')
  const told = (trust: Trust, more: object = {}) => verdictOfRow(trust, { ...row, ...more }).status
  expect(told(trustIn({}))).toBe('verified')
  expect(told(trustIn({ expiresAt: later }))).toBe('verified')
  expect(told(trustIn({ expiresAt: earlier }))).toBe('expired')
  expect(told(trustIn({ revokedAt: later, voidFrom: later }))).toBe('verified')
  expect(told(trustIn({ revokedAt: later, voidFrom: earlier }))).toBe('revoked')
  expect(told(trustIn({ revokedAt: later, voidFrom: at }), { signedAt: earlier.toISOString() })).toBe('verified')
  expect(told({ ...trustIn({}), allowedKeys: new Set() })).toBe('rejected')
  expect(told({ keys: [], allowedKeys: null, identities: [] })).toBe('rejected')
  const identity = { signer: 'a@b.c', keyId: null, issuer: 'https://issuer.example' }
  expect(told(trustIn({}), identity)).toBe('rejected')
  const identities = [{ subject: '*@b.c', issuer: 'https://issuer.example' }]
  expect(told({ ...trustIn({}), identities }, identity)).toBe('verified')
  expect(told({ ...trustIn({}), identities }, { ...identity, signer: null })).toBe('rejected')
})

test('R5.5: a revocation reaches every signature in slices, and none of them counts until it is looked at', async () => {
  const wide = pair()
  const key = await signing.register('wide', pemOf(wide.publicKey))
  const image = await signing.ada.pushImage('ada/wide 1')
  await signing.cosignTag('ada/wide', image.digest, { key: wide.privateKey })
  await signing.settled()
  const place = { artifactId: (await rowOf(image.digest)).artifactId, manifestDigest: image.digest }
  await signing.sql`insert into signatures (id, namespace_id, artifact_id, manifest_digest, evidence_hash, kind, source, status, key_id, signer)
    select gen_random_uuid(), namespace_id, artifact_id, 'sha256:' || n, 'filler ' || n, kind, source, 'verified', key_id, signer
    from signatures, generate_series(1, 210) n where manifest_digest = ${image.digest}`
  const database = signing.kernel.resolve(Database)
  const standing = async () => (await standingRows(database, place)).map((row) => [row.status, row.reason])
  const set = (revokedAt: Date | null, voidFrom: Date | null) =>
    signing.sql`update publisher_keys set revoked_at = ${revokedAt}, void_from = ${voidFrom} where id = ${key.id}`
  await set(new Date(), new Date(0))
  expect(await standing()).toEqual([['revoked', 'the key wide was revoked']])
  await set(new Date(), new Date(Date.now() + 1_000))
  expect(await standing()).toEqual([['verified', null]])
  await set(null, null)
  await signing.requireSigned(true)
  expect(await status('eve', 'ada/wide', '1')).toBe(200)
  await revoke(key.id, { reason: 'left' })
  expect(await status('eve', 'ada/wide', '1')).toBe(403)
  await signing.requireSigned(false)
  const counts = () => signing.sql`select status, count(*)::int as count from signatures where key_id = ${key.id} group by status`
  await vi.waitFor(async () => expect(await counts()).toEqual([{ status: 'revoked', count: 211 }]), 20_000)
}, 30_000)

test('P10: rejected proofs, however many, push out none that counts', async () => {
  const image = await signing.ada.pushImage('ada/crowd 1')
  await signing.cosignTag('ada/crowd', image.digest, { key: release.privateKey })
  await signing.settled()
  const { artifactId } = await rowOf(image.digest)
  await signing.sql`insert into signatures (id, namespace_id, artifact_id, manifest_digest, evidence_hash, kind, source, status, reason)
    select ('ffffffff-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, namespace_id, artifact_id, 'sha256:crowd', 'crowd ' || n, kind, source,
      'rejected', 'x' from signatures, generate_series(1, 1001) n where manifest_digest = ${image.digest}`
  await signing.sql`insert into signed_children (artifact_id, child_digest, parent_digest) values (${artifactId}, ${image.digest}, 'sha256:crowd')`
  const rows = await standingRows(signing.kernel.resolve(Database), { artifactId, manifestDigest: image.digest })
  expect([rows.length, rows[0]?.status]).toEqual([1_000, 'verified'])
  await signing.sql`update signatures set manifest_digest = ${image.digest} where manifest_digest = 'sha256:crowd'`
  const place = { artifactId, manifestDigest: image.digest }
  const reader = new EvidenceReader({ blobs: signing.kernel.resolve(Blobs), manifests: signing.kernel.resolve(Manifests) })
  const proofs = await publisherSignaturesOf({ database: signing.kernel.resolve(Database), reader }, place)
  expect(proofs).toMatchObject([{ kind: 'cosign', signer: 'release', evidence: expect.stringContaining('"signature"') }])
})

test('tags of what a signed index lists resolve with it, whichever comes first', async () => {
  await signing.requireSigned(true)
  for (const order of ['index first', 'signature first']) {
    const name = `ada/arch-${order === 'index first' ? 'a' : 'b'}`
    const child = await signing.ada.pushImage(`${name} amd64`)
    const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: child.digest, size: child.text.length }
    const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [descriptor] })
    const push = () => signing.door.expectStatus(signing.ada.putManifest(`${name} all`, index, indexType), 201)
    const sign = () => signing.cosignTag(name, sha256(index), { key: release.privateKey })
    for (const step of order === 'index first' ? [push, sign] : [sign, push]) {
      expect([order, await status('eve', name, 'amd64')]).toEqual([order, 404])
      await step()
      await signing.settled()
    }
    expect([order, await status('eve', name, 'all'), await status('eve', name, 'amd64')]).toEqual([order, 200, 200])
  }
  await signing.requireSigned(false)
})

test('P10: only what is known to be about content goes unsigned, and only beside its subject', async () => {
  const base = await signing.ada.pushImage('ada/about base')
  await signing.cosignTag('ada/about', base.digest, { key: release.privateKey })
  const sbom = 'application/spdx+json'
  const helm = { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: emptyConfig.digest, size: 2 }
  await signing.requireSigned(true)
  const subjectOf = (digest: string) => ({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 2 })
  const attach = async (more: object, digest = base.digest) => {
    const layer = some(16)
    await signing.ada.pushBlob('ada/about', layer)
    const text = JSON.stringify({ ...imageOf([layer], more), subject: subjectOf(digest) })
    await signing.door.expectStatus(signing.ada.putManifest(`ada/about ${sha256(text)}`, text), 201)
    return status('eve', 'ada/about', sha256(text))
  }
  expect(await attach({ artifactType: sbom })).toBe(200)
  expect(await attach({ artifactType: sbom }, sha256('nothing'))).toBe(403)
  expect(await attach({ artifactType: sbom, config: helm })).toBe(403)
  for (const artifactType of [undefined, 'application/vnd.wasm.config.v0+json', 'application/x-anything', 'text/plain'])
    expect([artifactType, await attach({ artifactType })]).toEqual([artifactType, 403])
  await signing.requireSigned(false)
})

test('R5.1: a signature over bytes that came with one version publishes no other one, and no other artifact', async () => {
  await signing.requireSigned(true)
  const bytes = some(100)
  const { value } = rawOver(sha256(bytes), release.privateKey)
  const publish = (path: string, more: object = {}) =>
    signing.door.send('POST', `/v1/artifacts/ada/${path}`, {
      ...{ as: 'ada', body: bytes, headers: { 'content-type': 'application/octet-stream', 'x-signature': value } },
      ...more,
    })
  expect((await publish('bytes/1.0.0')).status).toBe(201)
  for (const path of ['bytes/2.0.0', 'other/1.0.0']) {
    const replayed = await publish(path)
    expect([replayed.status, replayed.json<Problem>()]).toMatchObject([
      ...[400, { code: 'signing.signature_verification_failed', message: expect.stringContaining('another version or artifact') }],
    ])
    expect((await signing.rest('GET', `/v1/artifacts/ada/${path}`, { as: 'ada' })).status).toBe(404)
  }
  // The manifest of a version is bytes, too, and the signature over its digest is in the log for everybody.
  const { digest } = (await publish('whole/1.0.0', { headers: { 'content-type': 'application/octet-stream' } })).json<{ digest: string }>()
  const whole = rawOver(digest, release.privateKey)
  await signing.expectJson(signing.addRaw('whole', '1.0.0', whole), 201)
  const manifest = await signing.rest('GET', `/v1/artifacts/ada/whole/-/manifests/${encodeURIComponent(digest)}`, { as: 'ada' })
  const headers = { 'content-type': 'application/octet-stream', 'x-signature': whole.value }
  expect(sha256(manifest.bytes)).toBe(digest)
  for (const path of ['whole/9.9.9', 'another/9.9.9'])
    expect((await publish(path, { body: manifest.bytes, headers })).json<Problem>().code).toBe('signing.signature_verification_failed')
  // What somebody says about the bytes is not signed with them.
  const described = some(100)
  expect((await publish('told/1.0.0', { body: described, headers: { 'content-type': 'application/octet-stream' } })).status).toBe(202)
  const document = {
    ...{ type: 'module-binary', manifest: { description: 'x', config: { binaryFile: 'x.bin' } } },
    ...{ layers: [{ digest: sha256(described), title: 'x.bin' }], signature: rawOver(sha256(described), release.privateKey).value },
  }
  const told = await publish('told/2.0.0', { body: JSON.stringify(document), headers: { 'content-type': 'application/json' } })
  expect(told.json<Problem>()).toMatchObject({
    ...{ code: 'signing.signature_verification_failed', message: expect.stringContaining('no registered key made it') },
  })
  await signing.requireSigned(false)
})
