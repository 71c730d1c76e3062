import { Readable } from 'node:stream'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Blobs, Publishing } from '../../../src/modules/artifacts/contract.ts'
import { ManifestWarnings } from '../../../src/modules/artifacts/manifest-warnings.contract.ts'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { literalPolicy } from '../../support/literal-policy.ts'
import { describe, indexType, json, oci, openRepositories } from './open-repositories.ts'
import { openStore, sha256, some } from './open-store.ts'

let store: Awaited<ReturnType<typeof openStore>>
let publications: Publications
const { policy, answers, asked } = literalPolicy()

beforeAll(async () => {
  store = await openStore()
  for (const name of ['ada', 'eve']) await store.user(name)
  await store.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  publications = store.kernel.resolve(Publications)
  publications.addPolicy(policy)
})
afterAll(() => store[Symbol.asyncDispose]())
beforeEach(() => answers(null))

const at = '/v1/artifacts/ada'

test('a REST publish that is held answers 202, and its proof goes to the policies', async () => {
  answers('not signed')
  const bytes = some(50)
  const held = await store.request('POST', `${at}/tool/1.0.0`, { as: 'ada', body: bytes, headers: { 'x-signature': 'c2ln' } })
  const { digest, ...answer } = held.json<{ digest: string; status: string; uploadId: string; location: string }>()
  expect([held.statusCode, answer.status]).toEqual([202, 'pending'])
  expect(asked.at(-1)).toMatchObject({
    manifestDigest: digest,
    version: '1.0.0',
    proof: { signature: 'c2ln', blobDigests: [sha256(bytes)] },
  })
  const statuses = async (as: string) =>
    Promise.all(
      ['1.0.0', 'latest', `-/manifests/${digest}`, `-/blobs/${sha256(bytes)}`].map(
        async (path) => (await store.request('GET', `${at}/tool/${path}`, { as })).statusCode,
      ),
    )
  expect([await statuses('ada'), await statuses('eve')]).toEqual([[200, 404, 200, 200], Array(4).fill(404)])
  const list = await store.request('GET', `${at}/tool/-/held`, { as: 'ada' })
  expect(list.json()).toMatchObject({
    items: [{ manifestDigest: digest, version: '1.0.0', holds: [{ policy: 'literal', reason: 'not signed' }] }],
  })
  expect((await store.request('GET', `${at}/tool/-/held`, { as: 'eve' })).statusCode).toBe(403)
  const [row] = await store.sql<{
    artifactId: string
  }>`select artifact_id as "artifactId" from held_publications where manifest_digest = ${digest}`
  await publications.release({ artifactId: row?.artifactId ?? '', manifestDigest: digest }, 'literal')
  expect(await statuses('eve')).toEqual([200, 200, 200, 200])
})

test('a manifest of uploaded blobs carries its signature in the body', async () => {
  const bytes = some(60)
  const layers = [{ digest: await store.upload('ada', { namespace: 'ada', name: 'parts' }, bytes) }]
  const body = { type: 'module-binary', layers, signature: 'Ym9keQ==' }
  expect((await store.request('POST', `${at}/parts/1.0.0`, { as: 'ada', body })).statusCode).toBe(201)
  expect(asked.at(-1)).toMatchObject({ proof: { signature: 'Ym9keQ==', blobDigests: [sha256(bytes)] } })
  const long = { ...body, signature: 'x'.repeat(16_385) }
  expect((await store.request('POST', `${at}/parts/1.1.0`, { as: 'ada', body: long })).statusCode).toBe(400)
})

test('administrators of a namespace put manifests into quarantine and take them out, and nothing a module put there', async () => {
  const { digest } = (await store.publish('ada', 'ada/owned/1.0.0', some(40))).json<{ digest: string }>()
  const quarantine = (method: 'POST' | 'DELETE', as: string, { query = '', body }: { query?: string; body?: object }) =>
    store.request(method, `${at}/owned/-/quarantine${query}`, { as, ...(body && { body }) })
  const reason = 'we lost the key'
  for (const body of [{ reason }, { reason, digest, version: '1.0.0' }, { digest }, { digest, reason: '' }])
    expect((await quarantine('POST', 'ada', { body })).statusCode).toBe(400)
  for (const body of [
    { reason, version: '9.0.0' },
    { reason, digest: sha256('other') },
  ])
    expect((await quarantine('POST', 'ada', { body })).statusCode).toBe(404)
  expect((await quarantine('POST', 'eve', { body: { digest, reason } })).statusCode).toBe(403)
  const closed = await quarantine('POST', 'ada', { body: { version: '1.0.0', reason } })
  expect([closed.statusCode, closed.json()]).toEqual([200, { digest, reason }])
  for (const path of ['1.0.0', `-/manifests/${digest}`]) {
    const refused = await store.request('GET', `${at}/owned/${path}`, { as: 'eve' })
    expect([refused.statusCode, refused.json()]).toMatchObject([403, { code: 'metadata.quarantined', details: { reason } }])
  }
  const [row] = await store.sql<{
    artifactId: string
  }>`select artifact_id as "artifactId" from quarantines where manifest_digest = ${digest}`
  await publications.quarantine({ artifactId: row?.artifactId ?? '', manifestDigest: digest }, { by: 'scanning', reason: 'a virus' })
  expect((await quarantine('DELETE', 'ada', { query: '?version=1.0.0' })).statusCode).toBe(204)
  expect((await quarantine('DELETE', 'ada', { query: `?digest=${digest}` })).statusCode).toBe(404)
  expect((await store.request('GET', `${at}/owned/1.0.0`, { as: 'eve' })).json()).toMatchObject({ details: { reason: 'a virus' } })
  const actions = await store.sql<{
    action: string
    actor: string
  }>`select action, actor from audit_log where action like 'manifest.quarantine%' order by at, id`
  expect(actions.filter(({ actor }) => actor === 'ada').map(({ action }) => action)).toEqual([
    'manifest.quarantined',
    'manifest.quarantine_lifted',
  ])
})

test('what is let go within the transaction of its publish is answered as published', async () => {
  await using open = await openRepositories()
  const ada = await open.person('ada')
  const other = literalPolicy()
  const held = open.kernel.resolve(Publications)
  held.addPolicy(other.policy)
  const blob = await open.kernel.resolve(Blobs).store(Readable.from([some(20)]))
  const publish = async (version: string, isReleased: boolean) => {
    const [published] = await open.kernel.resolve(Publishing).publishStored(ada, [
      {
        target: { namespace: 'ada', name: 'quick', format: 'generic', type: 'module-binary' },
        ...{ version, metadata: { name: 'quick', version }, bare: true, tags: [] },
        layers: [{ ...blob, mediaType: 'application/octet-stream' }],
        within: async (_located, added) => (isReleased ? held.release(added, 'literal') : undefined),
      },
    ])
    return published?.version
  }
  expect(await publish('1.0.0', true)).toMatchObject({ version: '1.0.0', state: 'published', stateReason: null })
  expect(await publish('2.0.0', false)).toMatchObject({ version: '2.0.0', state: 'pending', stateReason: 'not yet' })
})

test('the tag of a signature lets only signatures and the like by the policies, and nothing that is in quarantine', async () => {
  await using open = await openRepositories()
  const [ada, eve] = [await open.person('ada'), await open.person('eve')]
  await open.setNamespace('ada', { visibility: 'public' })
  const other = literalPolicy()
  open.kernel.resolve(Publications).addPolicy(other.policy)
  const ref = oci('ada', 'app')
  const image = await open.imageOf(ada, ref, [some(10)])
  const tag = (letter: string, suffix = '') => `sha256-${letter.repeat(64)}${suffix}`
  const reads = (name: string) =>
    open.repositories.manifest(eve, ref, name).then(
      ({ digest }) => digest,
      ({ code }) => code,
    )
  const absent = describe(image.mediaType, some(3))
  // Stored with the first push, and waiting.
  const subject = describe(image.mediaType, json(image))
  const bare = { ...image, config: { ...image.config, mediaType: 'application/vnd.oci.empty.v1+json' } }
  const layersOf = (mediaType: string) => ({ ...image, layers: image.layers.map((layer) => ({ ...layer, mediaType })) })
  const artifactType = 'application/spdx+json'
  const images = [
    ...[image, { ...image, subject }, bare, layersOf('application/vnd.oci.image.layer.v1.tar+zstd')],
    ...[
      { ...bare, subject },
      { ...bare, subject, artifactType: 'application/x-tool' },
      { ...bare, subject: absent, artifactType },
    ],
    ...[{ ...layersOf('text/spdx'), subject: absent }, layersOf('text/spdx+json')],
  ]
  for (const [index, document] of images.entries()) {
    const name = tag(String(index), '.tool')
    expect(await open.push(ada, ref, document, { tags: [name] })).toMatchObject({ waits: ['not yet'] })
    expect(await reads(name)).toBe('artifacts.manifest_unknown')
  }
  const index = { schemaVersion: 2, manifests: [describe(image.mediaType, json(image))] }
  expect(await open.push(ada, ref, index, { mediaType: indexType, tags: [tag('d')] })).toMatchObject({ waits: ['not yet'] })
  const types = ['application/vnd.dev.cosign.simplesigning.v1+json', 'application/vnd.dsse.envelope.v1+json']
  const accessories = [{ ...bare, subject, artifactType }, { ...layersOf('text/spdx+json'), subject }, ...types.map(layersOf)]
  for (const [at, document] of accessories.entries()) {
    const { digest, waits } = await open.push(ada, ref, document, { tags: [tag(String(at))] })
    expect([waits, await reads(tag(String(at)))]).toEqual([undefined, digest])
  }
  const [row] = await open.sql<{ artifactId: string }>`select id as "artifactId" from artifacts where name = 'app'`
  const manifestDigest = sha256(json(layersOf('text/spdx')))
  const quarantined = { artifactId: row?.artifactId ?? '', manifestDigest }
  await open.kernel.resolve(Publications).quarantine(quarantined, { by: 'scanning', reason: 'a virus' })
  await expect(open.push(ada, ref, layersOf('text/spdx'), { tags: [tag('e', '.sbom')] })).rejects.toMatchObject({
    code: 'metadata.quarantined',
  })
})

test('warnings of modules come with a manifest, and one that fails keeps nobody from it', async () => {
  await using repositories = await openRepositories()
  const ada = await repositories.person('ada')
  const ref = oci('ada', 'app')
  await repositories.push(ada, ref, await repositories.imageOf(ada, ref, [some(10)]), { tags: ['v1'] })
  const warnings = repositories.kernel.resolve(ManifestWarnings)
  const seen: string[] = []
  warnings.addSource(({ manifestDigest }) => {
    seen.push(manifestDigest)
    return ['3 critical vulnerabilities\u0000ünd more']
  })
  warnings.addSource(async () => Promise.reject(new Error('out of order')))
  const found = await repositories.repositories.manifest(ada, ref, 'v1')
  expect(found.warnings).toEqual(['3 critical vulnerabilities nd more'])
  expect(seen).toEqual([found.digest])
})
