import { afterAll, beforeAll, expect, test } from 'vitest'
import { PackageAttestations, type VerifiedBundle } from '../../../src/modules/signing/contract.ts'
import { Transaction } from '../../../src/shared/kernel/database.ts'
import { openDoor } from './open-door.ts'

const provenance: VerifiedBundle = {
  predicateType: 'https://slsa.dev/provenance/v1',
  statement: {},
  bundle: { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json', text: 'a\u0000b' },
  identity: {
    subject: 'https://github.com/acme/widget/.github/workflows/publish.yml@refs/heads/main',
    issuer: 'https://issuer.example.org',
  },
}
const publishAttestation: VerifiedBundle = { predicateType: 'https://example.org/publish', statement: {}, bundle: { mediaType: 'b' } }

let door: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  door = await openDoor()
  await door.register('acme')
  await door.register('stranger')
  const acme = await door.person('acme')
  for (const name of ['@acme/widget', 'left-pad']) {
    const { id } = await door.publish(acme, name, '1.0.0')
    await door.kernel.resolve(PackageAttestations).add(id, [provenance, publishAttestation])
    await door.publish(acme, name, '1.0.1')
  }
  const visibility = await door.kernel.http.inject({
    method: 'PATCH',
    url: '/v1/artifacts/acme/widget?format=npm',
    headers: { authorization: `Basic ${Buffer.from('acme:correct horse battery').toString('base64')}` },
    payload: { visibility: 'private' },
  })
  if (visibility.statusCode !== 200) throw new Error(visibility.body)
})
afterAll(() => door[Symbol.asyncDispose]())

const bundles = {
  attestations: [
    { predicateType: provenance.predicateType, bundle: provenance.bundle },
    { predicateType: publishAttestation.predicateType, bundle: publishAttestation.bundle },
  ],
}

test('the attestations of a version are answered as they were published', async () => {
  expect(await door.call('GET /-/npm/v1/attestations/left-pad@1.0.0')).toMatchObject({ status: 200, body: bundles })
})

test.each(['@acme%2fwidget@1.0.0', '@acme/widget@1.0.0', '@acme%2Fwidget@1.0.0', '%40acme%2Fwidget%401.0.0'])(
  'a scoped package may be spelled %s',
  async (spec) => {
    expect(await door.call(`GET /-/npm/v1/attestations/${spec}`, { as: 'acme' })).toMatchObject({ status: 200, body: bundles })
  },
)

test('D-13: attestations of a private package look as absent as those of none', async () => {
  const hidden = await door.call('GET /-/npm/v1/attestations/@acme%2fwidget@1.0.0', { as: 'stranger' })
  const absent = await door.call('GET /-/npm/v1/attestations/@acme%2fnothing@1.0.0', { as: 'stranger' })
  expect(hidden.status).toBe(404)
  expect(hidden.body).toEqual(absent.body)
  expect((await door.call('GET /-/npm/v1/attestations/@acme%2fwidget@1.0.0')).status).toBe(401)
})

test.each([
  'left-pad@1.0.1',
  'left-pad@2.0.0',
  'left-pad@latest',
  'left-pad@',
  'left-pad',
  '@1.0.0',
  '..%2f@1',
  'Left-Pad@1.0.0',
  'left-pad@__proto__',
])('there are none for %s', async (spec) => {
  expect((await door.call(`GET /-/npm/v1/attestations/${spec}`)).status).toBe(404)
})

test('attestations are kept with the transaction that publishes the version, or not at all', async () => {
  const acme = await door.person('acme')
  const { id } = await door.publish(acme, 'left-pad', '1.0.2')
  const attestations = door.kernel.resolve(PackageAttestations)
  const failing = door.kernel.resolve(Transaction).run(async () => {
    await attestations.add(id, [provenance])
    throw new Error('too late')
  })
  await expect(failing).rejects.toThrow('too late')
  expect(await attestations.list(id)).toEqual([])
  await attestations.add(id, [provenance, publishAttestation])
  expect(await attestations.list(id)).toMatchObject([{ identity: provenance.identity }, { identity: null }])
})
