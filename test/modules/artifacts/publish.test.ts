import { expect, test } from 'vitest'
import { openStore, sha256, some } from './open-store.ts'

test('published bytes come back, by version and by tag, with their digest as entity tag', async () => {
  await using store = await openStore()
  const { user, publish, request } = store
  await user('ada')
  const bytes = some(300_000)
  const published = await publish('ada', 'ada/widget/1.0.0', bytes)
  expect(published.statusCode, published.body).toBe(201)
  expect(published.json()).toMatchObject({ status: 'completed', location: expect.stringMatching(/\/v1\/artifacts\/ada\/widget\/1\.0\.0$/) })
  expect(published.headers['location']).toBe(published.json().location)
  for (const name of ['1.0.0', 'latest']) {
    const fetched = await request('GET', `/v1/artifacts/ada/widget/${name}`, { as: 'ada' })
    expect(fetched.statusCode, fetched.body).toBe(200)
    expect(fetched.rawPayload.equals(bytes)).toBe(true)
    expect(fetched.headers).toMatchObject({
      etag: `"${sha256(bytes)}"`,
      'docker-content-digest': sha256(bytes),
      'content-length': '300000',
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename="widget-1.0.0"',
      'x-artifact-version': '1.0.0',
    })
  }
  const head = await request('HEAD', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })
  expect([head.statusCode, head.headers['content-length'], head.rawPayload.length]).toEqual([200, '300000', 0])
})

test('a download can be conditional and can be a part', async () => {
  await using store = await openStore()
  const { user, publish, request } = store
  await user('ada')
  const bytes = some(10_000)
  await publish('ada', 'ada/widget/1.0.0', bytes)
  const get = (headers: Record<string, string>) => request('GET', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada', headers })
  const etag = `"${sha256(bytes)}"`
  const unchanged = await get({ 'if-none-match': `"x", W/${etag}` })
  expect([unchanged.statusCode, unchanged.body, unchanged.headers['etag']]).toEqual([304, '', etag])
  const part = await get({ range: 'bytes=100-199' })
  expect([part.statusCode, part.headers['content-range'], part.headers['content-length']]).toEqual([206, 'bytes 100-199/10000', '100'])
  expect(part.rawPayload.equals(bytes.subarray(100, 200))).toBe(true)
  const tail = await get({ range: 'bytes=-5', 'if-range': etag })
  expect([tail.statusCode, tail.rawPayload.equals(bytes.subarray(-5))]).toEqual([206, true])
  const stale = await get({ range: 'bytes=-5', 'if-range': '"other"' })
  expect([stale.statusCode, stale.rawPayload.length]).toEqual([200, 10_000])
  const beyond = await get({ range: 'bytes=10000-' })
  expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, 'bytes */10000'])
  expect(beyond.json()).toMatchObject({ code: 'artifacts.range_unsatisfiable', details: { sizeBytes: 10_000 } })
})

test('only a download that starts at the first byte is counted', async () => {
  await using store = await openStore()
  const { user, publish, request, sql } = store
  await user('ada')
  const bytes = some(1_000)
  await publish('ada', 'ada/widget/1.0.0', bytes)
  const get = (headers: Record<string, string> = {}) => request('GET', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada', headers })
  await get()
  await get({ range: 'bytes=0-99' })
  await get({ range: 'bytes=100-' })
  // By which a client asks how long it is.
  await get({ range: 'bytes=0-0' })
  await get({ 'if-none-match': `"${sha256(bytes)}"` })
  await request('HEAD', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })
  await expect.poll(() => sql`select downloads from artifacts`, { timeout: 3_000 }).toEqual([{ downloads: 2 }])
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(await sql`select downloads from artifacts`).toEqual([{ downloads: 2 }])
})

test('a manifest of several uploaded files is published as one version, whose document is what a fetch returns', async () => {
  await using store = await openStore()
  const { user, upload, request } = store
  await user('ada')
  const [one, two] = [some(5_000), some(70_000)]
  const layers = []
  for (const [index, bytes] of [one, two].entries()) {
    const digest = await upload('ada', { namespace: 'ada', name: 'tools', size: bytes.length }, bytes)
    layers.push({ digest, title: `file-${index}.bin`, size: bytes.length })
  }
  const manifest = { description: 'Two files', config: { binaryFile: 'file-0.bin' } }
  const published = await request('POST', '/v1/artifacts/ada/tools/1.0.0', { as: 'ada', body: { type: 'module-binary', manifest, layers } })
  expect(published.statusCode, published.body).toBe(201)
  const fetched = await request('GET', '/v1/artifacts/ada/tools/1.0.0', { as: 'ada' })
  expect(fetched.headers['content-type']).toBe('application/vnd.oci.image.manifest.v1+json')
  expect(sha256(fetched.rawPayload)).toBe(published.json().digest)
  const document = fetched.json<{ layers: { digest: string; size: number; annotations: Record<string, string> }[] }>()
  expect(document.layers).toEqual(
    layers.map(({ digest, size, title }) => ({
      mediaType: 'application/octet-stream',
      digest,
      size,
      annotations: { 'org.opencontainers.image.title': title },
    })),
  )
  for (const [index, bytes] of [one, two].entries()) {
    const blob = await request('GET', `/v1/artifacts/ada/tools/-/blobs/${layers[index]?.digest}`, { as: 'ada' })
    expect(blob.rawPayload.equals(bytes)).toBe(true)
  }
  const byDigest = await request('GET', `/v1/artifacts/ada/tools/-/manifests/${published.json().digest}`, { as: 'ada' })
  expect(byDigest.rawPayload.equals(fetched.rawPayload)).toBe(true)
})

test('a manifest names only blobs of its own artifact, with their true size', async () => {
  await using store = await openStore()
  const { user, publish, upload, request } = store
  await user('ada')
  await user('bob')
  const bytes = some(2_000)
  await publish('bob', 'bob/secret/1.0.0', bytes)
  const publishLayers = (layers: object[]) =>
    request('POST', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada', body: { type: 'module-binary', layers } })
  const foreign = await publishLayers([{ digest: sha256(bytes) }])
  expect([foreign.statusCode, foreign.json().code]).toEqual([404, 'artifacts.blob_unknown'])
  // The upload of somebody else to the same name is not this caller's either.
  await upload('ada', { namespace: 'ada', name: 'other' }, bytes)
  const elsewhere = await publishLayers([{ digest: sha256(bytes) }])
  expect(elsewhere.statusCode).toBe(404)
  await upload('ada', { namespace: 'ada', name: 'widget' }, bytes)
  const wrongSize = await publishLayers([{ digest: sha256(bytes), size: 1 }])
  expect([wrongSize.statusCode, wrongSize.json().code]).toEqual([400, 'artifacts.size_mismatch'])
  const right = await publishLayers([{ digest: sha256(bytes), size: 2_000 }])
  expect(right.statusCode, right.body).toBe(201)
})

test('the same bytes under two artifacts are one copy', async () => {
  await using store = await openStore()
  const { user, publish, request, files } = store
  await user('ada')
  await user('bob')
  const bytes = some(50_000)
  await publish('ada', 'ada/widget/1.0.0', bytes)
  await publish('bob', 'bob/gadget/2.0.0', bytes)
  expect((await files()).filter(({ sizeBytes }) => sizeBytes === 50_000)).toHaveLength(1)
  expect((await request('GET', '/v1/artifacts/bob/gadget/2.0.0', { as: 'bob' })).rawPayload.equals(bytes)).toBe(true)
})

test('20 concurrent publishes of one version give one 201 and nineteen 409, and the losers leave nothing readable (D-5)', async () => {
  await using store = await openStore()
  const { user, publish, request } = store
  await user('ada')
  const bodies = Array.from({ length: 20 }, () => some(20_000))
  const answers = await Promise.all(bodies.map((bytes) => publish('ada', 'ada/widget/1.0.0', bytes)))
  const codes = answers.map(({ statusCode }) => statusCode).sort()
  expect(codes, answers.map(({ body }) => body).join('\n')).toEqual([201, ...Array.from({ length: 19 }, () => 409)])
  const winner = answers.findIndex(({ statusCode }) => statusCode === 201)
  const fetched = await request('GET', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })
  expect(fetched.rawPayload.equals(bodies[winner] ?? Buffer.alloc(0))).toBe(true)
  for (const [index, bytes] of bodies.entries()) {
    const blob = await request('GET', `/v1/artifacts/ada/widget/-/blobs/${sha256(bytes)}`, { as: 'ada' })
    expect(blob.statusCode).toBe(index === winner ? 200 : 404)
  }
})

test('20 concurrent publishes of the same bytes in different artifacts all succeed with one copy', async () => {
  await using store = await openStore()
  const { user, publish, files } = store
  await user('ada')
  const bytes = some(40_000)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => publish('ada', `ada/widget-${index}/1.0.0`, bytes)))
  expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array.from({ length: 20 }, () => 201))
  expect((await files()).filter(({ sizeBytes }) => sizeBytes === 40_000)).toHaveLength(1)
  expect((await files()).filter(({ path }) => path.startsWith('uploads/'))).toEqual([])
})

test('an unpublished version is gone and its name stays taken', async () => {
  await using store = await openStore()
  const { user, publish, request } = store
  await user('ada')
  await publish('ada', 'ada/widget/1.0.0', some(10))
  const removed = await request('DELETE', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })
  expect([removed.statusCode, removed.body]).toEqual([204, ''])
  expect((await request('GET', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })).statusCode).toBe(404)
  expect((await publish('ada', 'ada/widget/1.0.0', some(10))).statusCode).toBe(409)
})

test('the empty file is a file', async () => {
  await using store = await openStore()
  const { user, publish, request } = store
  await user('ada')
  expect((await publish('ada', 'ada/empty/1.0.0', Buffer.alloc(0))).statusCode).toBe(201)
  const fetched = await request('GET', '/v1/artifacts/ada/empty/1.0.0', { as: 'ada' })
  expect([fetched.statusCode, fetched.rawPayload.length, fetched.headers['content-length']]).toEqual([200, 0, '0'])
})

test.each(['deleted', 'quarantined', 'pending'] as const)(
  'of a %s version readers get no byte by digest, what others share they do',
  async (state) => {
    await using store = await openStore()
    const { request, user, upload, sql } = store
    await user('ada')
    await user('eve')
    await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
    const [shared, own, loose] = [some(50), some(60), some(70)]
    const layers = async (...files: Buffer[]) =>
      Promise.all(files.map(async (bytes) => ({ digest: await upload('ada', { namespace: 'ada', name: 'widget' }, bytes) })))
    const publishAs = async (version: string, ...files: Buffer[]) => {
      const body = { type: 'module-binary', layers: await layers(...files) }
      return (await request('POST', `/v1/artifacts/ada/widget/${version}`, { as: 'ada', body })).json<{ digest: string }>().digest
    }
    const kept = await publishAs('1.0.0', shared)
    const gone = await publishAs('2.0.0', shared, own)
    await layers(loose)
    const urls = [`blobs/${sha256(shared)}`, `blobs/${sha256(own)}`, `blobs/${sha256(loose)}`, `manifests/${kept}`, `manifests/${gone}`]
    const seenBy = (as: string) =>
      Promise.all(urls.map(async (url) => (await request('GET', `/v1/artifacts/ada/widget/-/${url}`, { as })).statusCode))
    expect(await seenBy('eve')).toEqual([200, 200, 200, 200, 200])
    if (state === 'deleted') expect((await request('DELETE', '/v1/artifacts/ada/widget/2.0.0', { as: 'ada' })).statusCode).toBe(204)
    else {
      await sql`update versions set state = ${state} where version = '2.0.0'`
      // Announces a change of the artifact's versions, as whatever changes a state does.
      const deprecated = await request('PUT', '/v1/artifacts/ada/widget/1.0.0/deprecation', { as: 'ada', body: { reason: 'old' } })
      expect(deprecated.statusCode, deprecated.body).toBe(200)
    }
    expect(await seenBy('eve')).toEqual([200, 404, 200, 200, 404])
    const [, blob, , , manifest] = await seenBy('ada')
    expect([blob, state === 'deleted' ? 200 : manifest]).toEqual([200, 200])
  },
)

test('the location of a published version is where it is, however its namespace was written', async () => {
  await using store = await openStore()
  await store.user('ada')
  const answer = await store.publish('ada', 'gati.dev%2Fusers%2Fada/widget/1.0.0', some(10))
  expect(answer.statusCode, answer.body).toBe(201)
  const { pathname } = new URL(answer.json<{ location: string }>().location)
  expect(pathname).toBe('/v1/artifacts/ada/widget/1.0.0')
  expect((await store.request('GET', pathname, { as: 'ada' })).statusCode).toBe(200)
})
