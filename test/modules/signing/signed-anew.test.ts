import { afterAll, beforeAll, expect, test } from 'vitest'
import { SignatureCollection } from '../../../src/modules/signing/signature-collector.service.ts'
import { Transaction } from '../../../src/shared/kernel/database.ts'
import { indexType, sha256, some } from '../oci/open-door.ts'
import { openSigning, pair, rawOver, type Signing } from './open-signing.ts'
import { bundled, pemOf, statementAbout } from './signature-keys.ts'
import { openSigstore } from './sigstore-instance.ts'

let signing: Signing
let sigstore: Awaited<ReturnType<typeof openSigstore>>
const release = pair()

beforeAll(async () => {
  sigstore = await openSigstore()
  signing = await openSigning()
  await signing.register('release', pemOf(release.publicKey))
})
afterAll(() => signing[Symbol.asyncDispose]())

const status = async (as: string, repository: string, reference: string) => (await signing.found(as, repository, reference)).status
const setPolicy = (requiredPredicateTypes: readonly string[]) =>
  signing.expectJson(
    signing.rest('PUT', '/v1/publishers/ada/signing-policy', { as: 'ada', body: { identities: [], requiredPredicateTypes } }),
    200,
  )

test('decision 4: a signature and the attestation it needs that come at once, neither seeing the other, give the push its name', async () => {
  const bom = 'https://cyclonedx.org/bom'
  await signing.requireSigned(true)
  await setPolicy([bom])
  const image = await signing.ada.pushImage('ada/race v1')
  await signing.cosignTag('ada/race', image.digest, { key: release.privateKey })
  await signing.settled()
  const [row] = await signing.sql<{ artifactId: string; manifestDigest: string }>`
    delete from signatures where manifest_digest = ${image.digest} returning artifact_id as "artifactId", source_digest as "manifestDigest"`
  if (!row) throw new Error('no row')
  const [recorded, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const signed = signing.kernel.resolve(Transaction).run(async () => {
    await signing.kernel.resolve(SignatureCollection).collect({ ...row, tags: [`${image.digest.replace(':', '-')}.sig`] })
    recorded.resolve()
    await mayCommit.promise
  })
  await recorded.promise
  const bundle = await sigstore.keyBundle(release.privateKey, '', { statement: statementAbout(image.digest, bom) })
  const attested = signing.addRaw('race', image.digest, { kind: 'sigstore-bundle', value: JSON.parse(bundled(bundle).value) })
  await Promise.race([attested, new Promise((resolve) => setTimeout(resolve, 500))])
  mayCommit.resolve()
  await signed
  await signing.expectJson(attested, 201)
  expect((await signing.signatures('race', image.digest)).items.map((one) => one.status)).toEqual(['verified', 'verified'])
  expect(await status('eve', 'ada/race', 'v1')).toBe(200)
  await setPolicy([])
  await signing.requireSigned(false)
  await signing.settled()
})

const compromise = async (id: string, reason: string) => {
  await signing.expectJson(signing.rest('DELETE', `/v1/publishers/ada/keys/${id}`, { as: 'ada', body: { reason, compromised: true } }), 200)
  await signing.settled()
}

test('R5.5: who may publish reads by digest or version what a compromised key signed, and signs it anew; readers do not', async () => {
  const doomed = pair()
  const key = await signing.register('doomed', pemOf(doomed.publicKey))
  const image = await signing.ada.pushImage('ada/anew v1')
  await signing.cosignTag('ada/anew', image.digest, { key: doomed.privateKey })
  const body = { as: 'ada', body: some(10), headers: { 'content-type': 'application/octet-stream' } }
  const { digest } = await signing.expectJson<{ digest: string }>(signing.door.send('POST', '/v1/artifacts/ada/anew-tool/1.0.0', body), 201)
  await signing.expectJson(signing.addRaw('anew-tool', '1.0.0', rawOver(digest, doomed.privateKey)), 201)
  await signing.settled()
  await compromise(key.id, 'lost')

  expect(await Promise.all(['ada', 'eve'].map((as) => status(as, 'ada/anew', image.digest)))).toEqual([200, 403])
  expect(await Promise.all(['ada', 'eve'].map((as) => status(as, 'ada/anew', 'v1')))).toEqual([403, 403])
  const download = async (as: string) => (await signing.rest('GET', '/v1/artifacts/ada/anew-tool/1.0.0', { as })).status
  expect(await Promise.all(['ada', 'eve'].map(download))).toEqual([403, 403])
  await signing.expectJson(signing.addRaw('anew', image.digest, rawOver(image.digest, release.privateKey)), 201)
  await signing.expectJson(signing.addRaw('anew-tool', '1.0.0', rawOver(digest, release.privateKey)), 201)
  expect([await status('eve', 'ada/anew', 'v1'), await download('eve')]).toEqual([200, 200])
  await signing.settled()
})

test("what is in quarantine for another reason as well is nobody's to read", async () => {
  const doomed = pair()
  const key = await signing.register('doomed too', pemOf(doomed.publicKey))
  const image = await signing.ada.pushImage('ada/virus v1')
  await signing.cosignTag('ada/virus', image.digest, { key: doomed.privateKey })
  await signing.settled()
  await compromise(key.id, 'lost')
  const close = { as: 'ada', body: { digest: image.digest, reason: 'a virus' } }
  expect((await signing.rest('POST', '/v1/artifacts/ada/virus/-/quarantine', close)).status).toBeLessThan(300)
  expect(await status('ada', 'ada/virus', image.digest)).toBe(403)
  expect((await signing.addRaw('virus', image.digest, rawOver(image.digest, release.privateKey))).status).toBe(403)
})

test('R5.5: what an index lists is in quarantine with it, but for what somebody else signed, and comes out with it', async () => {
  const doomed = pair()
  const key = await signing.register('of an index', pemOf(doomed.publicKey))
  const [plain, signed] = [await signing.ada.pushImage('ada/platforms a'), await signing.ada.pushImage('ada/platforms b')]
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifests = [plain, signed].map(({ digest, text }) => ({ mediaType, digest, size: text.length }))
  const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests })
  await signing.door.expectStatus(signing.ada.putManifest('ada/platforms all', index, indexType), 201)
  await signing.cosignTag('ada/platforms', sha256(index), { key: doomed.privateKey })
  await signing.cosignTag('ada/platforms', signed.digest, { key: release.privateKey })
  await signing.settled()
  const seen = () => Promise.all(['all', plain.digest, signed.digest].map((reference) => status('eve', 'ada/platforms', reference)))
  expect(await seen()).toEqual([200, 200, 200])
  await compromise(key.id, 'lost')
  expect(await seen()).toEqual([403, 403, 200])
  await signing.cosignTag('ada/platforms', sha256(index), { key: release.privateKey })
  await signing.settled()
  expect(await seen()).toEqual([200, 200, 200])
})
