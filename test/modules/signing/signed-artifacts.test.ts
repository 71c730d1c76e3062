import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { SignatureRejected, SignatureVerified } from '../../../src/modules/signing/events.contract.ts'
import { SignatureCollection } from '../../../src/modules/signing/signature-collector.service.ts'
import type { SignatureView } from '../../../src/modules/signing/signatures.contract.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import { imageOf, indexType, sha256, some } from '../oci/open-door.ts'
import { openSigning, type Problem, pair, rawOver, type Signing } from './open-signing.ts'
import { pemOf, statementAbout } from './signature-keys.ts'
import { identity, issuer, openSigstore } from './sigstore-instance.ts'

let signing: Signing
let sigstore: Awaited<ReturnType<typeof openSigstore>>
let folder: string
const release = pair()
const told: { event: string; manifestDigest: string; reason?: string }[] = []

beforeAll(async () => {
  sigstore = await openSigstore()
  folder = await mkdtemp(join(tmpdir(), 'gati-signed-'))
  const trustedRoot = join(folder, 'trusted_root.json')
  await writeFile(trustedRoot, JSON.stringify(sigstore.trustedRoot()))
  signing = await openSigning({ trustedRoot })
  await signing.register('release', pemOf(release.publicKey))
  const events = signing.kernel.resolve(Events)
  events.on(SignatureVerified, (fact) => told.push({ event: 'verified', ...fact }))
  events.on(SignatureRejected, (fact) => told.push({ event: 'rejected', ...fact }))
})
afterAll(async () => {
  await signing[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await signing.requireSigned(false)
  told.length = 0
})

const status = async (as: string, repository: string, reference: string) => (await signing.found(as, repository, reference)).status
const statusesOf = async (name: string, reference: string) =>
  (await signing.signatures(name, reference)).items.map((one: SignatureView) => [one.kind, one.status, one.reason])

test('a signature of cosign counts when a registered key made it over this manifest, and events tell of it', async () => {
  const image = await signing.ada.pushImage('ada/app 1')
  await signing.cosignTag('ada/app', image.digest, { key: release.privateKey })
  await signing.settled()
  expect(await signing.signatures('app', image.digest, 'eve')).toMatchObject({
    manifestDigest: image.digest,
    required: false,
    verified: true,
    reason: null,
  })
  expect(await statusesOf('app', '1')).toEqual([['cosign', 'verified', null]])
  expect(told).toMatchObject([{ event: 'verified', manifestDigest: image.digest }])

  const other = await signing.ada.pushImage('ada/app 2')
  await signing.cosignTag('ada/app', other.digest, { key: release.privateKey, about: image.digest })
  await signing.settled()
  expect(await statusesOf('app', '2')).toEqual([['cosign', 'rejected', expect.stringContaining(`it is about ${image.digest}`)]])
  expect(told.at(-1)).toMatchObject({
    event: 'rejected',
    manifestDigest: other.digest,
    reason: expect.stringContaining('not about this manifest'),
  })
})

test('decision 2: an unknown key counts from when it is registered, an expired one for what was seen before, a revoked one no more', async () => {
  const late = pair()
  const image = await signing.ada.pushImage('ada/late 1')
  await signing.cosignTag('ada/late', image.digest, { key: late.privateKey })
  await signing.settled()
  expect(await statusesOf('late', '1')).toEqual([['cosign', 'rejected', 'no registered key made its signature']])
  const key = await signing.register('late', pemOf(late.publicKey))
  await signing.settled()
  expect(await statusesOf('late', '1')).toEqual([['cosign', 'verified', null]])

  const change = (method: string, body: object) =>
    signing.expectJson(signing.rest(method, `/v1/publishers/ada/keys/${key.id}`, { as: 'ada', body }), 200)
  await new Promise((resolve) => setTimeout(resolve, 20))
  await change('PATCH', { expiresAt: new Date().toISOString() })
  const after = await signing.ada.pushImage('ada/late 2')
  await signing.cosignTag('ada/late', after.digest, { key: late.privateKey })
  await signing.settled()
  expect(await statusesOf('late', '1')).toEqual([['cosign', 'verified', null]])
  expect(await statusesOf('late', '2')).toEqual([['cosign', 'expired', expect.stringContaining('the key late expired on')]])

  await change('DELETE', { reason: 'left' })
  await signing.settled()
  expect(await statusesOf('late', '1')).toEqual([['cosign', 'revoked', expect.stringContaining('the key late was revoked on')]])
})

test('an identity of the trusted root counts when the policy allows it; attestations are listed by their type', async () => {
  const image = await signing.ada.pushImage('ada/keyless 1')
  await signing.attach('ada/keyless', image.digest, await sigstore.bundle({ statement: statementAbout(image.digest) }))
  const sbom = await sigstore.bundle({ statement: statementAbout(image.digest, 'https://cyclonedx.org/bom') })
  const source = await signing.attach('ada/keyless', image.digest, sbom)
  await signing.settled()
  const before = await statusesOf('keyless', '1')
  expect(before).toHaveLength(2)
  for (const one of before) expect(one).toEqual(['sigstore-bundle', 'rejected', expect.stringContaining('does not allow the identity')])
  const policy = { identities: [{ subject: 'https://github.com/acme/*', issuer }] }
  await signing.expectJson(signing.rest('PUT', '/v1/publishers/ada/signing-policy', { as: 'ada', body: policy }), 200)
  await signing.settled()
  expect((await statusesOf('keyless', '1')).map(([, is]) => is)).toEqual(['verified', 'verified'])
  const attestations = (query: string) =>
    signing.expectJson<{ items: SignatureView[] }>(
      signing.rest('GET', `/v1/artifacts/ada/keyless/1/attestations${query}`, { as: 'eve' }),
      200,
    )
  const found = await attestations('?predicateType=https://cyclonedx.org/bom')
  expect(found.items).toMatchObject([
    { predicateType: 'https://cyclonedx.org/bom', signer: identity, issuer, sourceDigest: source, status: 'verified' },
  ])
  expect((await attestations('')).items).toHaveLength(2)
  expect((await attestations('?predicateType=nothing')).items).toEqual([])
})

test('what a statement says is listed as far as the database can hold it, and stops no effect', async () => {
  const image = await signing.ada.pushImage('ada/odd 1')
  const statements = [
    statementAbout(image.digest, 'https://example.org/\0\ud800'),
    { ...statementAbout(image.digest), subject: [{ name: 'x', digest: { sha256: '\0\ud800' } }] },
  ]
  for (const statement of statements)
    await signing.attach('ada/odd', image.digest, await sigstore.keyBundle(release.privateKey, '\0', { statement }))
  await signing.settled()
  const { items } = await signing.signatures('odd', '1')
  expect(items.map(({ status: is }) => is).toSorted()).toEqual(['rejected', 'verified'])
  expect(items.find(({ status: is }) => is === 'verified')?.predicateType).toBe('https://example.org/\ufffd')
})

test('D-29: what is collected twice, or at once, is one signature and one event', async () => {
  const image = await signing.ada.pushImage('ada/twice 1')
  await signing.cosignTag('ada/twice', image.digest, { key: release.privateKey })
  await signing.settled()
  const [row] = await signing.sql<{ artifactId: string; sourceDigest: string }>`
    select artifact_id as "artifactId", source_digest as "sourceDigest" from signatures where manifest_digest = ${image.digest}`
  const collection = signing.kernel.resolve(SignatureCollection)
  const pushed = {
    artifactId: row?.artifactId ?? '',
    manifestDigest: row?.sourceDigest ?? '',
    tags: [`${image.digest.replace(':', '-')}.sig`],
  }
  await Promise.all(Array.from({ length: 5 }, () => collection.collect(pushed)))
  await signing.sql`delete from signatures where manifest_digest = ${image.digest}`
  told.length = 0
  await Promise.all(Array.from({ length: 5 }, () => collection.collect(pushed)))
  await collection.collect({ ...pushed, manifestDigest: sha256('gone') })
  await collection.settle({ artifactId: '01900000-0000-7000-8000-00000000000a', manifestDigest: image.digest })
  await signing.settled()
  expect(await statusesOf('twice', '1')).toHaveLength(1)
  expect(told.filter(({ manifestDigest }) => manifestDigest === image.digest)).toHaveLength(1)
})

test('of one manifest 100 signatures are kept; what never counted makes room', async () => {
  const image = await signing.ada.pushImage('ada/full 1')
  await signing.cosignTag('ada/full', image.digest, { key: pair().privateKey })
  await signing.settled()
  await signing.sql`insert into signatures (id, namespace_id, artifact_id, manifest_digest, evidence_hash, kind, source, status)
    select gen_random_uuid(), namespace_id, artifact_id, manifest_digest, 'filler ' || n, kind, source, 'verified'
    from signatures, generate_series(1, 99) n where manifest_digest = ${image.digest}`
  const add = () => signing.addRaw('full', '1', rawOver(image.digest, release.privateKey))
  expect((await add()).status).toBe(201)
  expect((await add()).json<Problem>().code).toBe('signing.too_many_signatures')
  const { items } = await signing.signatures('full', '1')
  expect([items.length, items.filter(({ status: is }) => is === 'rejected')]).toEqual([100, []])
  const turn = (filler: string, is: string, signer: string | null) =>
    signing.sql`update signatures set status = ${is}, signer = ${signer} where manifest_digest = ${image.digest} and evidence_hash = ${filler}`
  for (const [at, is] of ['rejected', 'revoked'].entries()) await turn(`filler ${at + 1}`, is, 'once')
  expect((await add()).json<Problem>().code).toBe('signing.too_many_signatures')
  await turn('filler 3', 'expired', null)
  expect((await add()).status).toBe(201)
  const fillers = await signing.sql<{ hash: string }>`select evidence_hash as hash from signatures
    where manifest_digest = ${image.digest} and evidence_hash in ('filler 1', 'filler 2', 'filler 3') order by 1`
  expect(fillers.map(({ hash }) => hash)).toEqual(['filler 1', 'filler 2'])
})

test('R5.1 decision 4: unsigned pushes wait, and the tag resolves when a good signature came, also one that came before', async () => {
  await signing.requireSigned(true)
  const image = await signing.ada.pushImage('ada/held v1')
  const statuses = async () => [await status('ada', 'ada/held', 'v1'), await status('eve', 'ada/held', 'v1')]
  expect(await statuses()).toEqual([404, 404])
  expect(await status('ada', 'ada/held', image.digest)).toBe(200)
  await signing.cosignTag('ada/held', image.digest, { key: pair().privateKey })
  await signing.settled()
  expect(await statuses()).toEqual([404, 404])
  await signing.cosignTag('ada/held', image.digest, { key: release.privateKey })
  await signing.settled()
  expect(await statuses()).toEqual([200, 200])
  expect(await status('eve', 'ada/held', `${image.digest.replace(':', '-')}.sig`)).toBe(200)

  const layer = some(64)
  const text = JSON.stringify(imageOf([layer]))
  for (const bytes of [Buffer.from('{}'), layer]) await signing.ada.pushBlob('ada/held', bytes)
  await signing.cosignTag('ada/held', sha256(text), { key: release.privateKey })
  await signing.settled()
  await signing.door.expectStatus(signing.ada.putManifest('ada/held v2', text), 201)
  await signing.settled()
  expect(await status('eve', 'ada/held', 'v2')).toBe(200)
})

test('decision 4: required attestations have to be there beside the signature; who signs an index signs what it lists', async () => {
  await signing.requireSigned(true)
  const bom = 'https://cyclonedx.org/bom'
  const setPolicy = (requiredPredicateTypes: string[]) =>
    signing.expectJson(
      signing.rest('PUT', '/v1/publishers/ada/signing-policy', {
        as: 'ada',
        body: { identities: [{ subject: '*', issuer }], requiredPredicateTypes },
      }),
      200,
    )
  await setPolicy([bom])
  const child = await signing.ada.pushImage('ada/many child')
  const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: child.digest, size: child.text.length }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: [descriptor] })
  await signing.door.expectStatus(signing.ada.putManifest('ada/many all', index, indexType), 201)
  const digest = sha256(index)
  await signing.cosignTag('ada/many', digest, { key: release.privateKey })
  await signing.settled()
  expect(await status('eve', 'ada/many', 'all')).toBe(404)
  expect(await signing.signatures('many', digest)).toMatchObject({
    verified: false,
    reason: `it has no verified attestation of the type ${bom}`,
  })
  await signing.attach('ada/many', digest, await sigstore.bundle({ statement: statementAbout(digest, bom) }))
  await signing.settled()
  expect(await status('eve', 'ada/many', 'all')).toBe(200)
  expect(await status('eve', 'ada/many', child.digest)).toBe(200)
  expect(await status('eve', 'ada/many', 'child')).toBe(200)
  await setPolicy([])
  await signing.settled()
})

test('an image does not escape by naming a subject, nor under the tag of a signature', async () => {
  await signing.requireSigned(true)
  const base = await signing.ada.pushImage('ada/escape base')
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256('{}'), size: 2 }
  const subject = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: base.digest, size: base.text.length }
  for (const [at, more] of [{ config, subject }, { config }].entries()) {
    const layer = some(64)
    await signing.ada.pushBlob('ada/escape', layer)
    const text = JSON.stringify(imageOf([layer], more))
    const tag = `sha256-${String(at).repeat(64)}.sig`
    await signing.door.expectStatus(signing.ada.putManifest(`ada/escape ${tag}`, text), 201)
    expect([await status('eve', 'ada/escape', tag), (await status('eve', 'ada/escape', sha256(text))) === 200]).toEqual([
      expect.any(Number),
      false,
    ])
    expect(await status('eve', 'ada/escape', tag)).not.toBe(200)
  }
})

test('R5.5 P10: content of a revoked key is refused to readers with the reason; of a compromised one it is in quarantine, until signed anew', async () => {
  const doomed = pair()
  const key = await signing.register('doomed', pemOf(doomed.publicKey))
  await signing.requireSigned(true)
  const image = await signing.ada.pushImage('ada/doomed v1')
  await signing.cosignTag('ada/doomed', image.digest, { key: doomed.privateKey })
  await signing.settled()
  expect(await status('eve', 'ada/doomed', 'v1')).toBe(200)
  const revoke = (body: object) => signing.expectJson(signing.rest('DELETE', `/v1/publishers/ada/keys/${key.id}`, { as: 'ada', body }), 200)
  await revoke({ reason: 'rotated' })
  await signing.settled()
  const refused = await signing.found('eve', 'ada/doomed', 'v1')
  expect([refused.status, refused.bytes.toString()]).toEqual([403, expect.stringContaining('the key doomed was revoked')])
  expect(await status('ada', 'ada/doomed', 'v1')).toBe(200)

  await revoke({ reason: 'found in a log', compromised: true })
  await signing.settled()
  await signing.requireSigned(false)
  // Everything is checked again; nothing of that ends the quarantine.
  await signing.register('unrelated', pemOf(pair().publicKey))
  await signing.settled()
  for (const [as, reference] of [
    ['eve', image.digest],
    ['eve', 'v1'],
    ['ada', 'v1'],
  ] as const) {
    const answer = await signing.found(as, 'ada/doomed', reference)
    expect([answer.status, answer.bytes.toString()]).toEqual([403, expect.stringContaining('compromised: found in a log')])
  }
  await signing.cosignTag('ada/doomed', image.digest, { key: release.privateKey })
  await signing.settled()
  expect(await status('eve', 'ada/doomed', 'v1')).toBe(200)
})

test('signatures come by REST, too; one that does not count is refused with both digests, and nothing is kept', async () => {
  const image = await signing.ada.pushImage('ada/direct 1')
  const bad = await signing.addRaw('direct', '1', rawOver(sha256('other'), release.privateKey))
  expect([bad.status, bad.json<Problem>()]).toMatchObject([
    400,
    {
      code: 'signing.signature_verification_failed',
      details: { artifactName: 'ada/direct', version: '1', providedDigest: null, computedDigest: image.digest },
    },
  ])
  const about = await sigstore.bundle({ statement: statementAbout(sha256('other')) })
  const wrong = await signing.addRaw('direct', '1', { kind: 'sigstore-bundle', value: about })
  expect(wrong.json<Problem>().details).toMatchObject({ providedDigest: sha256('other'), computedDigest: image.digest })
  expect(await statusesOf('direct', '1')).toEqual([])
  const good = rawOver(image.digest, release.privateKey)
  const first = await signing.expectJson<SignatureView>(signing.addRaw('direct', '1', good), 201)
  expect(first).toMatchObject({ kind: 'raw', status: 'verified', signer: 'release', source: 'rest' })
  expect(await signing.expectJson(signing.addRaw('direct', image.digest, good), 201)).toMatchObject({ id: first.id })
  expect(await statusesOf('direct', '1')).toHaveLength(1)
  expect(told.filter(({ event, manifestDigest }) => event === 'verified' && manifestDigest === image.digest)).toHaveLength(1)

  const path = '/v1/artifacts/ada/direct/1/signatures'
  for (const body of [
    null,
    [],
    {},
    'x',
    { ...good, value: [good.value] },
    { ...good, value: 7 },
    { ...good, kind: 'cosign' },
    { ...good, keyId: ['x'] },
    { ...good, more: 1 },
  ])
    expect({ body, status: (await signing.rest('POST', path, { as: 'ada', body })).status }).toMatchObject({ status: 400 })
  expect((await signing.rest('POST', path, { as: 'ada', body: JSON.stringify({ ...good, value: 'A'.repeat(600_000) }) })).status).toBe(413)
  expect((await signing.rest('POST', path, { as: 'eve', body: good })).status).toBe(403)
  expect((await signing.rest('POST', path, { body: good })).status).toBe(401)
  for (const reference of ['2', sha256('nothing'), 'x'.repeat(141)])
    expect([400, 404]).toContain((await signing.addRaw('direct', reference, good)).status)
  expect((await signing.rest('GET', `${path}?format=oci&format=npm`, { as: 'ada' })).status).toBe(400)
})

const publish = (version: string, bytes: Buffer, signature?: string) =>
  signing.door.send('POST', `/v1/artifacts/ada/tool/${version}`, {
    as: 'ada',
    body: bytes,
    headers: { 'content-type': 'application/octet-stream', ...(signature !== undefined && { 'x-signature': signature }) },
  })

test('Q R5.1: x-signature over the digest of the blob publishes at once; a wrong one refuses the publish', async () => {
  await signing.requireSigned(true)
  const bytes = some(100)
  const wrong = await publish('1.0.0', bytes, rawOver(sha256('other'), release.privateKey).value)
  expect([wrong.status, wrong.json<Problem>()]).toMatchObject([
    400,
    {
      code: 'signing.signature_verification_failed',
      details: { artifactName: 'ada/tool', version: '1.0.0', computedDigest: expect.stringMatching(/^sha256:/) },
    },
  ])
  expect((await signing.rest('GET', '/v1/artifacts/ada/tool/1.0.0', { as: 'ada' })).status).toBe(404)
  const good = await publish('1.0.0', bytes, rawOver(sha256(bytes), release.privateKey).value)
  expect([good.status, good.json<{ status: string }>().status]).toEqual([201, 'completed'])
  expect((await signing.rest('GET', '/v1/artifacts/ada/tool/1.0.0', { as: 'eve' })).bytes).toEqual(bytes)
  const bundle = await sigstore.messageBundle(Buffer.from(sha256(some(0))), { privateKey: release.privateKey, unlogged: true })
  const bundled = await publish('1.0.1', Buffer.from(''), Buffer.from(JSON.stringify(bundle)).toString('base64'))
  expect([bundled.status, bundled.json<{ status: string }>().status]).toEqual([201, 'completed'])
  const unsigned = await publish('1.1.0', some(100))
  expect([unsigned.status, unsigned.json<{ status: string }>().status]).toEqual([202, 'pending'])
  expect((await signing.rest('GET', '/v1/artifacts/ada/tool/1.1.0', { as: 'eve' })).status).toBe(404)
  const { digest } = unsigned.json<{ digest: string }>()
  await signing.expectJson(signing.addRaw('tool', '1.1.0', rawOver(digest, release.privateKey)), 201)
  expect((await signing.rest('GET', '/v1/artifacts/ada/tool/1.1.0', { as: 'eve' })).status).toBe(200)
  await signing.settled()
})

test('P10: a reader gets a manifest if and only if a signature that counts is there', async () => {
  await signing.requireSigned(true)
  const signers = { good: pair(), stranger: pair(), expired: pair(), revoked: pair() }
  await signing.register('p10-good', pemOf(signers.good.publicKey))
  const keys = '/v1/publishers/ada/keys'
  const expired = await signing.register('p10-expired', pemOf(signers.expired.publicKey))
  await signing.expectJson(signing.rest('PATCH', `${keys}/${expired.id}`, { as: 'ada', body: { expiresAt: '2020-01-01T00:00:00Z' } }), 200)
  const revoked = await signing.register('p10-revoked', pemOf(signers.revoked.publicKey))
  await signing.expectJson(signing.rest('DELETE', `${keys}/${revoked.id}`, { as: 'ada', body: { reason: 'test' } }), 200)
  await signing.settled()
  await signing.ada.pushBlob('ada/property', '{}')
  const names = Object.keys(signers) as (keyof typeof signers)[]
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.record({ by: fc.constantFrom(...names), over: fc.constantFrom('this', 'other') }), {
        maxLength: 3,
        selector: ({ by, over }) => by + over,
      }),
      async (made) => {
        run += 1
        const text = JSON.stringify(imageOf([], { annotations: { run: String(run) } }))
        const digest = sha256(text)
        await signing.door.expectStatus(signing.ada.putManifest(`ada/property r${run}`, text), 201)
        for (const { by, over } of made)
          await signing.addRaw('property', digest, rawOver(over === 'this' ? digest : sha256('x'), signers[by].privateKey))
        const isGood = made.some(({ by, over }) => by === 'good' && over === 'this')
        expect([made, await status('eve', 'ada/property', `r${run}`), (await status('eve', 'ada/property', digest)) === 200]).toEqual([
          made,
          isGood ? 200 : 404,
          isGood,
        ])
      },
    ),
    { numRuns: 100 },
  )
  await signing.settled()
}, 120_000)
