import { expect, test } from 'vitest'
import { ManifestPushed } from '../../../src/modules/artifacts/contract.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import { configType, describe, indexType, json, layerType, oci, openRepositories, sha512 } from './open-repositories.ts'
import { sha256, some } from './open-store.ts'

const docker = 'application/vnd.docker.distribution.manifest.v2+json'
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json'
const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
const nondistributable = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'

test('images, indexes and Docker v2s2 manifests come back byte for byte, by tag and by digest', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, pushBlob, imageOf } = open
  const ada = await person('ada')
  const ref = oci('ada', 'team/api')
  const image = await imageOf(ada, ref, [some(100)])
  const spaced = Buffer.from(JSON.stringify({ ...image, unknown: { deep: [1] }, annotations: { a: 'ä\u2028' } }, null, 3))
  const inner = await push(ada, ref, spaced, { tags: ['v1', 'latest'] })
  expect(inner.digest).toBe(sha256(spaced))
  for (const reference of ['v1', 'latest', inner.digest]) {
    const found = await repositories.manifest(ada, ref, reference)
    expect([found.digest, found.mediaType, found.content.equals(spaced), found.version]).toEqual([
      inner.digest,
      image.mediaType,
      true,
      null,
    ])
  }
  const child = describe(image.mediaType, spaced)
  const index = json({ schemaVersion: 2, mediaType: indexType, manifests: [child] })
  const nested = json({ schemaVersion: 2, mediaType: indexType, manifests: [describe(indexType, index)] })
  await push(ada, ref, index, { mediaType: indexType })
  await push(ada, ref, nested, { mediaType: indexType, tags: ['nested'] })
  expect((await repositories.manifest(ada, ref, 'nested')).content.equals(nested)).toBe(true)
  const { config, layers } = image
  const v2s2 = json({ schemaVersion: 2, mediaType: docker, config, layers })
  await push(ada, ref, v2s2, { mediaType: docker, tags: ['docker'] })
  await push(ada, ref, { schemaVersion: 2, mediaType: dockerList, manifests: [describe(docker, v2s2)] }, { mediaType: dockerList })
  expect((await repositories.manifest(ada, ref, 'docker')).mediaType).toBe(docker)
  expect(await repositories.tags(ada, ref, { limit: 10 })).toEqual(['docker', 'latest', 'nested', 'v1'])
  await pushBlob(ada, ref, Buffer.alloc(0))
  const empty = await repositories.blob(ada, ref, sha256(''))
  expect(empty.sizeBytes).toBe(0)
  await open.kernel.drainEffects()
  expect((await open.store.fsck()).errors).toEqual([])
})

test('what images and indexes may leave out is accepted', async () => {
  await using open = await openRepositories()
  const { person, push, imageOf } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [])
  const elsewhere = (mediaType: string) => ({ ...describe(mediaType, some(10)), urls: [] })
  const accepted = [
    image,
    { ...image, layers: null, annotations: null },
    { ...image, mediaType: undefined },
    { ...image, config: { ...image.config, data: 'e30=', annotations: null } },
    {
      ...image,
      layers: [elsewhere(foreign), elsewhere(nondistributable), { ...describe(layerType, some(5)), urls: ['https://example.org/x'] }],
    },
    { ...image, artifactType: 'application/vnd.example+type', subject: describe(image.mediaType, some(20)) },
    { ...image, artifactType: '' },
    { ...image, annotations: Object.fromEntries(Array.from({ length: 390 }, (_, index) => [`a${index}`, 'x'.repeat(10_000)])) },
  ]
  for (const document of accepted) await push(ada, ref, document)
  await push(ada, ref, { schemaVersion: 2, manifests: null }, { mediaType: indexType })
  await push(ada, ref, { schemaVersion: 2, manifests: [], subject: describe(indexType, some(3)) }, { mediaType: indexType })
  expect((await open.store.fsck()).errors).toEqual([])
})

test('what is no manifest, or lists what is not there, is refused and leaves nothing behind (D-2, D-15)', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, imageOf, sql } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [])
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
  const refusals: [object, string, string?][] = [
    [Buffer.from('{'), 'artifacts.manifest_invalid'],
    [Buffer.from('{"schemaVersion":2,"a":"\xff"}', 'latin1'), 'artifacts.manifest_invalid'],
    [{ ...image, schemaVersion: 1 }, 'artifacts.manifest_invalid'],
    [{ ...image, mediaType: indexType }, 'artifacts.manifest_invalid'],
    [{ ...image, manifests: [] }, 'artifacts.manifest_invalid'],
    [{ schemaVersion: 2, layers: [] }, 'artifacts.manifest_invalid'],
    [{ ...image, artifactType: 'a\0b' }, 'artifacts.manifest_invalid'],
    [{ ...image, more: deep(65) }, 'artifacts.manifest_invalid'],
    [{ ...image, config: { ...image.config, digest: 'md5:abc' } }, 'artifacts.manifest_invalid'],
    [image, 'artifacts.manifest_invalid', 'application/json'],
    [{ ...image, layers: [describe(layerType, some(9))] }, 'artifacts.blob_unknown'],
    [{ ...image, config: describe(foreign, some(9)) }, 'artifacts.blob_unknown'],
    [{ schemaVersion: 2, manifests: [describe(image.mediaType, some(9))] }, 'artifacts.manifest_blob_unknown', indexType],
  ]
  for (const [document, code, mediaType] of refusals)
    await expect(
      push(ada, ref, document, { tags: ['v1'], ...(mediaType && { mediaType }) }),
      JSON.stringify(document).slice(0, 80),
    ).rejects.toMatchObject({
      code,
    })
  await expect(push(ada, ref, image, { digest: sha256('other') })).rejects.toMatchObject({ code: 'artifacts.digest_mismatch' })
  await expect(push(ada, ref, Buffer.alloc(8_388_609, 32))).rejects.toMatchObject({ code: 'artifacts.manifest_too_large' })
  expect(await sql`select id from manifests`).toEqual([])
  await expect(repositories.manifest(ada, ref, 'v1')).rejects.toMatchObject({ code: 'artifacts.manifest_unknown' })
  await expect(repositories.manifest(ada, ref, sha256('x'))).rejects.toMatchObject({ code: 'artifacts.manifest_unknown' })
  await expect(repositories.manifest(ada, ref, 'sha256:bad')).rejects.toMatchObject({ code: 'artifacts.digest_invalid' })
})

test('a manifest pushed by its sha512 is known by that, its tags point there, and it is a row of its own', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, pushBlob, sql } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const [config, layer] = [some(30), some(40)]
  await pushBlob(ada, ref, config, sha512(config))
  await pushBlob(ada, ref, layer, sha512(layer))
  const image = {
    schemaVersion: 2,
    config: describe(configType, config, sha512(config)),
    layers: [describe(layerType, layer, sha512(layer))],
  }
  const content = json(image)
  const pushed = await push(ada, ref, image, { digest: sha512(content), tags: ['long'] })
  expect(pushed.digest).toBe(sha512(content))
  expect((await repositories.manifest(ada, ref, 'long')).digest).toBe(sha512(content))
  await expect(repositories.manifest(ada, ref, sha256(content))).rejects.toMatchObject({ code: 'artifacts.manifest_unknown' })
  await push(ada, ref, image, { tags: ['short'] })
  expect((await repositories.manifest(ada, ref, 'short')).digest).toBe(sha256(content))
  expect((await repositories.manifest(ada, ref, 'long')).digest).toBe(sha512(content))
  expect(await sql`select id from manifests`).toHaveLength(2)
  expect((await repositories.blob(ada, ref, sha256(layer))).sizeBytes).toBe(40)
})

test('twenty pushes of one tag at once all succeed, the tag is one of them, and repeating a push changes nothing (D-6)', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, imageOf, sql } = open
  const ada = await person('ada')
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [some(10)])
  const pushes = Array.from({ length: 20 }, (_, index) =>
    push(ada, ref, { ...image, annotations: { index: String(index % 10) } }, { tags: ['v1'] }),
  )
  const digests = (await Promise.all(pushes)).map(({ digest }) => digest)
  expect(digests).toContain((await repositories.manifest(ada, ref, 'v1')).digest)
  const audit = () => sql`select id from audit_log where action = 'manifest.pushed'`
  expect(await audit()).toHaveLength(10)
  await push(ada, ref, { ...image, annotations: { index: '0' } })
  expect(await audit()).toHaveLength(10)
  const [row] = await sql`select subject, namespace, after from audit_log where action = 'manifest.pushed' limit 1`
  expect(row).toMatchObject({ subject: expect.stringMatching(/^ada\/api@sha256:/), namespace: 'ada', after: { tags: ['v1'] } })
})

test('a tag that the policy binds is taken once, and the loser leaves no manifest behind (D-5)', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, imageOf, setNamespace, sql } = open
  const ada = await person('ada')
  await setNamespace('ada', { settings: { immutableTags: 'semver' } })
  const ref = oci('ada', 'api')
  const image = await imageOf(ada, ref, [some(10)])
  const pushOne = (index: number) => push(ada, ref, { ...image, annotations: { index: String(index) } }, { tags: ['1.0.0'] })
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => pushOne(index)))
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(7)
  for (const outcome of refused) expect(outcome).toMatchObject({ reason: { kind: 'conflict' } })
  expect(await sql`select id from manifests`).toHaveLength(1)
  const found = await repositories.manifest(ada, ref, '1.0.0')
  expect(found.version).toMatchObject({ id: expect.any(String) })
  repositories.count(found)
  await push(ada, ref, found.content, { tags: ['1.0.0', 'stable'] })
  expect(await repositories.tags(ada, ref, { limit: 10 })).toEqual(['1.0.0', 'stable'])
})

test('the first manifest without a subject says what the artifact is for, and labels and annotations describe it', async () => {
  await using open = await openRepositories()
  const { person, push, imageOf, sql, kernel } = open
  const ada = await person('ada')
  const heard: string[][] = []
  kernel.resolve(Events).on(ManifestPushed, ({ tags }) => heard.push(tags))
  const typeOf = async (name: string) => (await sql<{ type: string }>`select type from artifacts where name = ${name}`)[0]?.type
  const config = json({ config: { Labels: { maintainer: 'ada', 'org.opencontainers.image.title': 'from label', odd: 1 } } })
  const image = await imageOf(ada, oci('ada', 'api'), [some(10)], config)
  expect(await typeOf('api')).toBe('module-oci')
  const annotations = { 'org.opencontainers.image.description': 'An API', 'org.opencontainers.image.title': 'from annotation' }
  const inner = await push(ada, oci('ada', 'api'), { ...image, annotations })
  await push(
    ada,
    oci('ada', 'api'),
    { schemaVersion: 2, manifests: [{ ...describe(image.mediaType, json({ ...image, annotations })), digest: inner.digest }] },
    { mediaType: indexType, tags: ['v1'] },
  )
  await kernel.drainEffects()
  const [row] = await sql<{ description: string; labels: object }>`select description, labels from artifacts where name = 'api'`
  expect(row).toMatchObject({ description: 'An API', labels: { maintainer: 'ada', 'org.opencontainers.image.title': 'from annotation' } })
  expect(heard).toEqual([[], ['v1']])
  const wasm = await imageOf(ada, oci('ada', 'fast'), [some(10)])
  await push(ada, oci('ada', 'fast'), { ...wasm, artifactType: 'application/sig', subject: describe(wasm.mediaType, some(3)) })
  expect(await typeOf('fast')).toBe('module-oci')
  const asWasm = { ...wasm, config: { ...wasm.config, mediaType: 'application/vnd.wasm.config.v0+json' } }
  await push(ada, oci('ada', 'fast'), asWasm, { tags: ['1'] })
  expect(await typeOf('fast')).toBe('module-wasm')
  await push(ada, oci('ada', 'fast'), { ...wasm, annotations: { 'dev.gati.type': 'model' } }, { tags: ['2'] })
  expect(await typeOf('fast')).toBe('module-wasm')
  const agent = await imageOf(ada, oci('ada', 'helper'), [])
  await push(ada, oci('ada', 'helper'), { ...agent, annotations: { 'dev.gati.type': 'agent' } })
  expect(await typeOf('helper')).toBe('agent')
})

test('artifacts of other formats take signatures and the like, never versions, and are readable', async () => {
  await using open = await openRepositories()
  const { repositories, person, push, pushBlob, store } = open
  const ada = await person('ada')
  expect((await store.publish('ada', 'ada/widget/1.0.0', some(50))).statusCode).toBe(201)
  const ref = { namespace: 'ada', name: 'widget', format: 'generic' } as const
  const version = await repositories.manifest(ada, ref, '1.0.0')
  const config = Buffer.from('{}')
  await pushBlob(ada, ref, config)
  const bare = { schemaVersion: 2, config: describe(configType, config), layers: [] }
  const subject = describe(version.mediaType, version.content)
  const signature = await push(ada, ref, { ...bare, subject })
  expect((await repositories.referrers(ada, ref, { subject: version.digest, limit: 10 })).manifests).toHaveLength(1)
  await push(ada, ref, bare, { tags: [`sha256-${version.digest.slice(7)}.sig`] })
  for (const tags of [['2.0.0'], ['latest'], [`sha256-${version.digest.slice(7)}`, 'v2'], []])
    await expect(push(ada, ref, bare, { tags })).rejects.toMatchObject({ code: 'artifacts.push_not_native', kind: 'forbidden' })
  await expect(push(ada, ref, { ...bare, subject }, { tags: ['2.0.0'] })).rejects.toMatchObject({ code: 'artifacts.push_not_native' })
  await expect(repositories.deleteManifest(ada, ref, version.digest)).rejects.toMatchObject({ code: 'artifacts.push_not_native' })
  await expect(repositories.deleteTag(ada, ref, '1.0.0')).rejects.toMatchObject({ code: 'artifacts.push_not_native' })
  await repositories.deleteManifest(ada, ref, signature.digest)
  const absent = { ...ref, name: 'absent' }
  await expect(pushBlob(ada, absent, config)).rejects.toMatchObject({ code: 'metadata.artifact_not_found' })
  await expect(push(ada, absent, { ...bare, subject })).rejects.toMatchObject({ code: 'metadata.artifact_not_found' })
})
