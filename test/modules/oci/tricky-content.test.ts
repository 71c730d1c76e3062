import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Client, type Door, emptyConfig, imageOf, imageType, indexType, openDoor, sha256, sha512, some } from './open-door.ts'

/** The conformance suite of the distribution-spec, for machines without Go: what it checks of content (numbers as in the cheat sheet). */
let door: Door
let ada: Client
beforeAll(async () => {
  door = await openDoor()
  await door.user('ada')
  ada = door.client('ada')
})
afterAll(() => door[Symbol.asyncDispose]())

const unknown = `sha256:${'0'.repeat(64)}`

test('13: before anything was pushed, tags are 200 or 404, and referrers are an empty index', async () => {
  expect([200, 404]).toContain((await ada.call('GET', '/v2/ada/empty/tags/list')).status)
  for (const digest of [sha256(some(9)), sha512(some(9))]) {
    const answer = await ada.call('GET', `/v2/ada/empty/referrers/${digest}`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, indexType])
    expect(answer.json()).toEqual({ schemaVersion: 2, mediaType: indexType, manifests: [] })
  }
})

test('1, 16, 17: a manifest comes back byte for byte, with exact headers, by tag and by digest', async () => {
  await ada.pushBlob('ada/exact', '{}')
  const text = `{ "schemaVersion":2,\n "mediaType":"${imageType}","config":${JSON.stringify(emptyConfig)},"layers":[],"x":{"b":1,"a":[ ]} }\n`
  const pushed = await ada.putManifest('ada/exact v1', text)
  expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, sha256(text)])
  for (const path of ['/v2/ada/exact/manifests/v1', pushed.headers.get('location') ?? '', `/v2/ada/exact/manifests/${sha256(text)}`])
    for (const method of ['GET', 'HEAD']) {
      const got = await ada.call(method, path, { headers: { accept: `text/plain, ${indexType}` } })
      expect(got.status, path).toBe(200)
      expect(got.bytes.toString()).toBe(method === 'GET' ? text : '')
      const { 'content-type': type, 'content-length': length, 'docker-content-digest': digest, etag } = Object.fromEntries(got.headers)
      expect({ type, length, digest, etag }).toEqual({
        ...{ type: imageType, length: String(text.length), digest: sha256(text), etag: `"${sha256(text)}"` },
      })
    }
  const headers = { 'if-none-match': `"${sha256(text)}"` }
  expect((await ada.call('GET', '/v2/ada/exact/manifests/v1', { headers })).status).toBe(304)
})

test('7: ranges of a blob', async () => {
  const bytes = some(2_048)
  const url = `/v2/ada/ranges/blobs/${await ada.pushBlob('ada/ranges', bytes)}`
  for (const [range, start, end] of [
    ['500-1499', 500, 1_499],
    ['500-', 500, 2_047],
    ['-500', 1_548, 2_047],
    ['2000-5000', 2_000, 2_047],
    ['0-0', 0, 0],
  ] as const) {
    const got = await ada.call('GET', url, { headers: { range: `bytes=${range}` } })
    expect([range, got.status, got.headers.get('content-range')]).toEqual([range, 206, `bytes ${start}-${end}/2048`])
    expect(got.headers.get('content-length')).toBe(String(end - start + 1))
    expect(got.bytes).toEqual(bytes.subarray(start, end + 1))
  }
  for (const range of ['500-0', '5000-10000', '2048-', '-0']) {
    const got = await ada.call('GET', url, { headers: { range: `bytes=${range}` } })
    expect([range, got.status, got.headers.get('content-range')]).toEqual([range, 416, 'bytes */2048'])
  }
  const head = await ada.call('HEAD', url)
  expect([head.status, head.headers.get('content-length'), head.headers.get('docker-content-digest')]).toEqual([200, '2048', sha256(bytes)])
})

test('9: a manifest of 3.9 MB of annotations is pushed and pulled, one beyond the limit is 413', async () => {
  const annotations = Object.fromEntries(Array.from({ length: 390 }, (_, index) => [`org.example.${index}`, 'x'.repeat(10_000)]))
  await ada.pushBlob('ada/large', '{}')
  const text = JSON.stringify(imageOf([], { annotations }))
  expect((await ada.putManifest('ada/large big', text)).status).toBe(201)
  expect((await ada.call('GET', '/v2/ada/large/manifests/big')).bytes.toString()).toBe(text)
  const tooLarge = await ada.putManifest('ada/large bigger', ' '.repeat(8_388_609))
  expect([tooLarge.status, tooLarge.code]).toEqual([413, 'SIZE_INVALID'])
})

test('10: malformed digests are refused, and well-formed unknown ones are 404', async () => {
  const bad = 'sha256:baddigeststring'
  expect((await ada.putManifest(`ada/app ${bad}`, imageOf([]))).code).toBe('DIGEST_INVALID')
  for (const path of [`manifests/${bad}`, `blobs/${bad}`, `referrers/${bad}`]) {
    const { status, code } = await ada.call('GET', `/v2/ada/app/${path}`)
    expect([path, status, code]).toEqual([path, 400, 'DIGEST_INVALID'])
  }
  await ada.pushImage('ada/app latest')
  for (const [path, wanted] of [
    [`manifests/${unknown}`, 'MANIFEST_UNKNOWN'],
    ['manifests/nothing', 'MANIFEST_UNKNOWN'],
    [`manifests/${'x'.repeat(300)}`, 'MANIFEST_UNKNOWN'],
    [`blobs/${unknown}`, 'BLOB_UNKNOWN'],
  ] as const) {
    const { status, code } = await ada.call('GET', `/v2/ada/app/${path}`)
    expect([path, status, code]).toEqual([path, 404, wanted])
    expect((await ada.call('HEAD', `/v2/ada/app/${path}`)).status, path).toBe(404)
  }
})

test('11: sparse layers, unknown fields, data, empty layers, and an index in an index', async () => {
  await ada.pushBlob('ada/odd', '{}')
  const foreign = { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar', digest: sha256(some(5)), size: 5, urls: [] }
  const config = { ...emptyConfig, data: Buffer.from('{}').toString('base64') }
  const manifests = [imageOf([], { layers: [foreign] }), imageOf([], { config, 'org.example.unknown': { x: [1] } }), imageOf([])].map(
    (manifest) => JSON.stringify(manifest),
  )
  for (const text of manifests) {
    expect((await ada.putManifest(`ada/odd ${sha256(text)}`, text)).status, text).toBe(201)
    expect((await ada.call('GET', `/v2/ada/odd/manifests/${sha256(text)}`)).bytes.toString()).toBe(text)
  }
  const indexOf = (texts: readonly string[], mediaType: string) =>
    JSON.stringify({
      schemaVersion: 2,
      mediaType: indexType,
      manifests: texts.map((text) => ({ mediaType, digest: sha256(text), size: text.length })),
    })
  const inner = indexOf(manifests, imageType)
  const outer = indexOf([inner], indexType)
  for (const [tag, text] of Object.entries({ inner, outer })) {
    const pushed = await ada.putManifest(`ada/odd ${tag}`, text, indexType)
    expect([pushed.status, pushed.headers.get('docker-content-digest')]).toEqual([201, sha256(text)])
    const got = await ada.call('GET', `/v2/ada/odd/manifests/${tag}`)
    expect([got.bytes.toString(), got.headers.get('content-type')]).toEqual([text, indexType])
  }
})

test('a manifest with what is not there is MANIFEST_BLOB_UNKNOWN, one that is none MANIFEST_INVALID', async () => {
  await ada.pushBlob('ada/strict', '{}')
  const missing = await ada.putManifest('ada/strict x', imageOf([some(3)]))
  expect([missing.status, missing.code]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
  const child = { mediaType: imageType, digest: unknown, size: 3 }
  const index = await ada.putManifest('ada/strict x', { schemaVersion: 2, mediaType: indexType, manifests: [child] }, indexType)
  expect([index.status, index.code]).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
  for (const text of ['', '[]', 'x', '{"schemaVersion":2', JSON.stringify({ ...imageOf([]), mediaType: indexType })]) {
    const { status, code } = await ada.putManifest('ada/strict x', text)
    expect([text, status, code]).toEqual([text, 400, 'MANIFEST_INVALID'])
  }
  const other = await ada.putManifest(`ada/strict ${unknown}`, imageOf([]))
  expect([other.status, other.code]).toEqual([400, 'DIGEST_INVALID'])
  expect((await ada.putManifest('ada/strict -x', imageOf([]))).code).toBe('MANIFEST_INVALID')
})

test('a push by digest names tags in ?tag=, each is in OCI-Tag', async () => {
  await ada.pushBlob('ada/tagged', '{}')
  const text = JSON.stringify(imageOf([]))
  const tags = Array.from({ length: 12 }, (_, index) => `v${index}`)
  const pushed = await ada.putManifest(`ada/tagged ${sha256(text)}?${tags.map((tag) => `tag=${tag}`).join('&')}`, text)
  expect([pushed.status, pushed.headers.get('oci-tag')]).toEqual([201, tags.join(', ')])
  expect((await ada.call('GET', '/v2/ada/tagged/tags/list')).json()).toEqual({ name: 'ada/tagged', tags: tags.toSorted() })
  const many = Array.from({ length: 101 }, (_, index) => `tag=t${index}`).join('&')
  expect((await ada.putManifest(`ada/tagged ${sha256(text)}?${many}`, text)).status).toBe(414)
  expect((await ada.putManifest(`ada/tagged ${sha256(text)}?tag=-x`, text)).status).toBe(400)
})

test('14: tags are paged, `last` works alone, n=0 is empty and without a link', async () => {
  await ada.pushBlob('ada/paged', '{}')
  for (const tag of ['c', 'a', 'B', 'd', '1.0']) expect((await ada.putManifest(`ada/paged ${tag}`, imageOf([]))).status).toBe(201)
  const list = async (query: string) => {
    const { status, headers, json } = await ada.call('GET', `/v2/ada/paged/tags/list${query}`)
    return { status, link: headers.get('link'), ...(status === 200 && json<{ tags: string[] }>()) }
  }
  expect(await list('')).toEqual({ status: 200, link: null, name: 'ada/paged', tags: ['1.0', 'B', 'a', 'c', 'd'] })
  expect(await list('?last=a')).toMatchObject({ link: null, tags: ['c', 'd'] })
  expect(await list('?n=0')).toMatchObject({ link: null, tags: [] })
  expect(await list('?n=2')).toMatchObject({ link: '</v2/ada/paged/tags/list?n=2&last=B>; rel="next"', tags: ['1.0', 'B'] })
  expect(await list('?n=2&last=a')).toMatchObject({ link: null, tags: ['c', 'd'] })
  expect(await list('?n=100000')).toMatchObject({ link: null, tags: { length: 5 } })
  for (const query of ['?n=-1', '?n=x', '?n=', '?n=1&n=2', '?last=a&last=b']) expect((await list(query)).status, query).toBe(400)
})

test('15: deletes are seen at once: a tag alone, a digest with its tags, a blob of this repository', async () => {
  const image = await ada.pushImage('ada/gone one')
  await ada.putManifest('ada/gone two', image.text)
  await ada.putManifest('ada/gone three', image.text)
  const status = async (path: string) => (await ada.call('GET', `/v2/ada/gone/${path}`)).status
  expect((await ada.call('DELETE', '/v2/ada/gone/manifests/one')).status).toBe(202)
  expect([await status('manifests/one'), await status('manifests/two'), await status(`manifests/${image.digest}`)]).toEqual([404, 200, 200])
  const used = await ada.call('DELETE', `/v2/ada/gone/blobs/${image.layer}`)
  expect([used.status, used.code]).toEqual([405, 'UNSUPPORTED'])
  expect((await ada.call('DELETE', `/v2/ada/gone/manifests/${image.digest}`)).status).toBe(202)
  for (const path of ['manifests/two', 'manifests/three', `manifests/${image.digest}`]) expect(await status(path), path).toBe(404)
  expect((await ada.call('DELETE', `/v2/ada/gone/blobs/${image.layer}`)).status).toBe(202)
  expect(await status(`blobs/${image.layer}`)).toBe(404)
  for (const path of ['manifests/one', `manifests/${image.digest}`, `blobs/${image.layer}`])
    expect((await ada.call('DELETE', `/v2/ada/gone/${path}`)).status, path).toBe(404)
})
