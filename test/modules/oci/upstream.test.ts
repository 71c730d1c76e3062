import { expect, onTestFinished, test } from 'vitest'
import { Collection } from '../../../src/modules/artifacts/contract.ts'
import { Fsck } from '../../../src/modules/artifacts/fsck.contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { openUpstream, serve, withTokens } from './fake-upstream.ts'
import { imageOf, imageType, indexType, openDoor, sha256, some } from './open-door.ts'

interface CacheOptions {
  readonly upstream: { readonly origin: string }
  readonly more?: object
  readonly isPublic?: boolean
  readonly allow?: readonly string[]
  readonly artifacts?: object
}

/** `mirror` is a cache of the upstream and belongs to the user of that name; ada is somebody else. */
async function openCache({ upstream, more = {}, isPublic = true, allow = ['127.0.0.1'], artifacts = {} }: CacheOptions) {
  const door = await openDoor({
    kernel: { outboundAllow: [...allow] },
    settings: {
      artifacts: { gcIntervalSeconds: 3_600, ...artifacts },
      oci: { upstreams: [{ namespace: 'mirror', url: upstream.origin, tagTtlSeconds: 0, ...more }] },
    },
  })
  onTestFinished(() => door[Symbol.asyncDispose]())
  await door.user('mirror')
  await door.user('ada')
  if (isPublic) await door.makePublic('mirror', 'mirror')
  const manifest = (reference: string, as?: string) => door.send('GET', `/v2/mirror/app/manifests/${reference}`, as ? { as } : {})
  const blob = (digest: string, as?: string) => door.send('GET', `/v2/mirror/app/blobs/${digest}`, as ? { as } : {})
  return { ...door, manifest, blob }
}

test('D-24: what is missing comes from the upstream, and after that from here', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream, more: { tagTtlSeconds: 60 } })
  for (let pull = 1; pull <= 3; pull += 1) {
    const pulled = await cache.manifest('1.0')
    expect([pulled.status, pulled.headers.get('docker-content-digest'), pulled.headers.get('content-type')]).toEqual([
      ...[200, image.digest, imageType],
    ])
    expect(sha256(pulled.bytes)).toBe(image.digest)
    const layer = await cache.blob(image.layer)
    expect([layer.status, layer.bytes.equals(image.bytes)]).toEqual([200, true])
    expect((await cache.manifest(image.digest)).status).toBe(200)
  }
  expect((await cache.send('HEAD', '/v2/mirror/app/manifests/1.0')).status).toBe(200)
  expect(upstream.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /v2/app/manifests/1.0',
    `GET /v2/app/blobs/${image.layer}`,
  ])
  expect((await cache.send('GET', '/v2/mirror/app/tags/list')).json()).toEqual({ name: 'mirror/app', tags: ['1.0'] })
  expect(upstream.seen.every(({ authorization }) => authorization === undefined)).toBe(true)
})

test('a prefix goes before the name, and only allowed names go out', async () => {
  const upstream = await openUpstream()
  upstream.putImage('library/app', '1.0')
  upstream.putImage('library/apple', '1.0')
  const cache = await openCache({
    upstream,
    more: { prefix: 'library', allow: ['app', 'team/*'] },
  })
  expect((await cache.manifest('1.0')).status).toBe(200)
  expect((await cache.send('GET', '/v2/mirror/apple/manifests/1.0', { as: 'ada' })).code).toBe('NAME_UNKNOWN')
  expect((await cache.send('GET', '/v2/mirror/team/x/y/manifests/1.0', { as: 'ada' })).status).toBe(404)
  expect(upstream.seen.map(({ path }) => path)).toEqual(['/v2/library/app/manifests/1.0', '/v2/library/team/x/y/manifests/1.0'])
})

test('an index is kept without its manifests, and each of them comes when it is asked for', async () => {
  const upstream = await openUpstream()
  const [one, two] = [upstream.putImage('app', 'one'), upstream.putImage('app', 'two')]
  const manifests = [one, two].map(({ digest }) => ({ mediaType: imageType, digest, size: 100 }))
  const index = upstream.putManifest('app all', { schemaVersion: 2, mediaType: indexType, manifests }, indexType)
  const cache = await openCache({ upstream })
  expect((await cache.manifest('all')).headers.get('docker-content-digest')).toBe(index)
  expect((await cache.manifest(one.digest)).status).toBe(200)
  expect((await cache.blob(one.layer)).bytes.equals(one.bytes)).toBe(true)
  expect([upstream.count('GET', one.digest), upstream.count('GET', two.digest), upstream.count('GET', '/blobs/')]).toEqual([1, 0, 1])
  expect((await cache.kernel.resolve(Fsck).check()).errors).toEqual([])
})

test('a tag that moved is followed, one that is gone goes, and one that is the same costs a HEAD', async () => {
  const upstream = await openUpstream()
  const first = upstream.putImage('app', 'latest')
  const cache = await openCache({ upstream })
  expect((await cache.manifest('latest')).headers.get('docker-content-digest')).toBe(first.digest)
  expect((await cache.manifest('latest')).headers.get('docker-content-digest')).toBe(first.digest)
  expect([upstream.count('GET', 'latest'), upstream.count('HEAD', 'latest')]).toEqual([1, 1])
  const second = upstream.putImage('app', 'latest')
  expect((await cache.manifest('latest')).headers.get('docker-content-digest')).toBe(second.digest)
  upstream.manifests.delete('app latest')
  expect((await cache.manifest('latest')).code).toBe('MANIFEST_UNKNOWN')
  expect((await cache.send('GET', '/v2/mirror/app/tags/list')).json()).toEqual({ name: 'mirror/app', tags: [] })
  expect((await cache.manifest(first.digest)).status).toBe(200)
})

test.each([500, 503, 429, 401, 403])('an upstream that says %i leaves what is here, with a warning', async (status) => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream })
  await cache.manifest('1.0')
  upstream.state.status = status
  const before = upstream.seen.length
  const pulls = [await cache.manifest('1.0'), await cache.manifest('1.0')]
  for (const stale of pulls) {
    expect([stale.status, stale.headers.get('docker-content-digest')]).toEqual([200, image.digest])
    expect(stale.headers.get('warning')).toMatch(/^299 - "the upstream registry does not answer/)
  }
  expect(upstream.seen.length - before).toBe(1)
})

test('an upstream that is down leaves what is here, and what is not here is unavailable', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream })
  await cache.manifest('1.0')
  await upstream.close()
  expect((await cache.manifest('1.0')).status).toBe(200)
  const missing = await cache.manifest('2.0')
  expect([missing.status, missing.code, missing.headers.get('retry-after')]).toEqual([503, 'UNAVAILABLE', '5'])
})

test('what the upstream does not have is absent, and it is not asked again at once', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream })
  await cache.manifest('1.0')
  const nothing = sha256('nothing')
  for (let pull = 1; pull <= 3; pull += 1) {
    expect([(await cache.manifest('9')).code, (await cache.manifest(nothing)).code]).toEqual(['MANIFEST_UNKNOWN', 'MANIFEST_UNKNOWN'])
    expect((await cache.blob(nothing)).code).toBe('BLOB_UNKNOWN')
    expect((await cache.send('GET', '/v2/mirror/none/manifests/1', { as: 'ada' })).code).toBe('NAME_UNKNOWN')
  }
  expect([upstream.count('GET', '/manifests/9'), upstream.count('GET', nothing), upstream.count('GET', '/none/')]).toEqual([1, 2, 1])
})

test('D-24: bytes that do not have their digest are refused, and nothing of them is visible', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream })
  await cache.manifest('1.0')
  upstream.blobs.set(`app ${image.layer}`, some(1_000))
  expect((await cache.blob(image.layer)).status).toBe(503)
  const other = upstream.putImage('app', '2.0')
  upstream.manifests.set(`app ${other.digest}`, { mediaType: imageType, content: Buffer.from(JSON.stringify(imageOf([some(5)]))) })
  expect((await cache.manifest(other.digest)).status).toBe(503)
  const rows = await cache.kernel.resolve(Database).sql<{ blobs: number; manifests: number }>`
    select (select count(*)::int from blobs) as blobs, (select count(*)::int from manifests) as manifests`
  expect(rows).toEqual([{ blobs: 0, manifests: 1 }])
  upstream.blobs.set(`app ${image.layer}`, image.bytes)
  expect((await cache.blob(image.layer)).bytes.equals(image.bytes)).toBe(true)
})

test('D-24: a blob that is cut on the way is not kept', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0', 200_000)
  const cache = await openCache({ upstream })
  await cache.manifest('1.0')
  upstream.state.before = (request, response) => {
    if (!request.url?.includes('/blobs/')) return false
    response.writeHead(200, { 'content-length': image.bytes.length }).write(image.bytes.subarray(0, 100_000))
    setTimeout(() => response.destroy(), 20)
    return true
  }
  expect((await cache.blob(image.layer)).status).toBe(503)
  expect(await cache.kernel.resolve(Database).sql`select 1 from blobs`).toEqual([])
})

test('a blob that is not kept leaves no connection open', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0', 5_000_000)
  const cache = await openCache({ upstream, artifacts: { maxUploadSize: 1_000 } })
  await cache.manifest('1.0')
  for (let pull = 1; pull <= 5; pull += 1) expect((await cache.blob(image.layer)).status).toBe(413)
  await expect.poll(upstream.connections, { timeout: 5_000 }).toBeLessThan(3)
})

test('twenty that pull at once cost the upstream one request each for manifest and blob', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0', 500_000)
  const cache = await openCache({ upstream, more: { tagTtlSeconds: 60 } })
  upstream.state.delayMs = 200
  const all = <T>(work: () => Promise<T>) => Promise.all(Array.from({ length: 20 }, work))
  for (const { status } of await all(() => cache.manifest('1.0'))) expect(status).toBe(200)
  for (const { bytes } of await all(() => cache.blob(image.layer))) expect(bytes.equals(image.bytes)).toBe(true)
  expect(upstream.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /v2/app/manifests/1.0',
    `GET /v2/app/blobs/${image.layer}`,
  ])
})

test('D-24: a 401 is answered with a token of the realm, whose scope is only reading that repository', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0')
  let issue: Parameters<typeof serve>[0] = () => undefined
  const realm = await serve((request, response) => issue(request, response))
  const tokens = withTokens(upstream, `${realm.origin}/token`, 'robot:hunter2')
  issue = tokens.issue
  const cache = await openCache({ upstream, more: { username: 'robot', password: 'hunter2' } })
  expect((await cache.manifest('1.0')).status).toBe(200)
  expect((await cache.blob(image.layer)).status).toBe(200)
  expect(realm.seen.map(({ path }) => path)).toEqual(['/token?service=fake.example&scope=repository%3Aapp%3Apull'])
  expect(upstream.seen.map(({ authorization }) => authorization)).toEqual([undefined, `Bearer ${tokens.token}`, `Bearer ${tokens.token}`])
  expect(JSON.stringify(cache.kernel.log)).not.toContain('hunter2')
})

test('D-24: the realm that was named first is the only one that gets the password', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const honest = await serve((_request, response) => response.end('{"token":"expired"}'))
  const thief = await serve((_request, response) => response.end('{"token":"mine"}'))
  const cache = await openCache({ upstream, more: { username: 'robot', password: 'hunter2' } })
  withTokens(upstream, `${honest.origin}/token`, 'robot:hunter2')
  expect((await cache.manifest('1.0')).status).toBe(401)
  withTokens(upstream, `${thief.origin}/token`, 'robot:hunter2')
  expect((await cache.manifest('2.0')).status).toBe(503)
  expect([honest.seen.length > 0, thief.seen]).toEqual([true, []])
})

test.each(['http://10.1.2.3/token', 'ftp://127.0.0.1/token', 'nonsense'])('D-24: %s is no realm for a password', async (realm) => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  withTokens(upstream, realm, 'robot:hunter2')
  const cache = await openCache({ upstream, more: { username: 'robot', password: 'hunter2' } })
  expect((await cache.manifest('1.0')).status).toBe(503)
})

test('D-24: an upstream that asks for Basic gets it, and where it redirects to does not', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0')
  const basic = `Basic ${Buffer.from('robot:hunter2').toString('base64')}`
  const storage = await serve((_request, response) => response.end(image.bytes))
  upstream.state.before = (request, response) => {
    if (request.headers.authorization !== basic) response.writeHead(401, { 'www-authenticate': 'Basic realm="fake"' }).end()
    else if (request.url?.includes('/blobs/')) response.writeHead(307, { location: `${storage.origin}/bytes` }).end()
    else return false
    return true
  }
  const cache = await openCache({ upstream, more: { username: 'robot', password: 'hunter2' } })
  expect((await cache.manifest('1.0')).status).toBe(200)
  expect((await cache.blob(image.layer)).bytes.equals(image.bytes)).toBe(true)
  expect(storage.seen).toEqual([{ method: 'GET', path: '/bytes', authorization: undefined }])
})

test('D-24: a place that the upstream redirects to gets no answer to its challenge', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0')
  const thief = await serve((_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="give"' }).end())
  const cache = await openCache({ upstream, more: { username: 'robot', password: 'hunter2' } })
  await cache.manifest('1.0')
  upstream.state.before = (request, response) => {
    if (request.url?.includes('/blobs/')) response.writeHead(302, { location: thief.origin }).end()
    return request.url?.includes('/blobs/') === true
  }
  expect((await cache.blob(image.layer)).code).toBe('BLOB_UNKNOWN')
  expect(thief.seen).toEqual([{ method: 'GET', path: '/', authorization: undefined }])
})

test('D-24: private names are never forwarded', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream, isPublic: false })
  for (const as of [undefined, 'ada']) {
    expect((await cache.manifest('1.0', as)).status).toBe(as ? 404 : 401)
    expect((await cache.blob(sha256('x'), as)).status).toBe(as ? 404 : 401)
  }
  for (const path of ['/v2/ada/secret/manifests/1.0', '/v2/secret/manifests/1.0', '/v2/npm/mirror/secret/manifests/1.0'])
    for (const as of ['ada', 'mirror']) expect((await cache.send('GET', path, { as })).status).toBe(404)
  expect(upstream.seen).toEqual([])
  expect((await cache.manifest('1.0', 'mirror')).status).toBe(200)
  expect((await cache.manifest('1.0', 'ada')).status).toBe(404)
})

test('D-24: a private repository of a public cache is asked for by nobody who may not read it', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream })
  await cache.manifest('1.0')
  await cache.kernel.resolve(Database).sql`update artifacts set visibility = 'private' where name = 'app'`
  const again = await openDoor({
    ...{ home: cache.kernel.home, kernel: { outboundAllow: ['127.0.0.1'] } },
    settings: { oci: { upstreams: [{ namespace: 'mirror', url: upstream.origin, tagTtlSeconds: 0 }] } },
  })
  onTestFinished(() => again[Symbol.asyncDispose]())
  const before = upstream.seen.length
  for (const reference of ['1.0', '2.0', sha256('x')])
    for (const as of [undefined, 'ada'])
      expect((await again.send('GET', `/v2/mirror/app/manifests/${reference}`, as ? { as } : {})).status).toBe(as ? 404 : 401)
  expect(upstream.seen.length).toBe(before)
})

test('clients that ask for tokens can pull what is not here yet', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream })
  for (const call of [{}, { as: 'ada' }]) {
    const { token } = (await cache.send('GET', '/v2/token?scope=repository:mirror/app:pull,push', call)).json<{ token: string }>()
    const headers = { authorization: `Bearer ${token}` }
    expect((await cache.send('GET', '/v2/mirror/app/manifests/1.0', { headers })).status).toBe(200)
    expect((await cache.send('GET', '/v2/mirror/other/manifests/1.0', { headers })).status).toBe(401)
    expect((await cache.send('POST', '/v2/mirror/app/blobs/uploads/', { headers })).status).toBe(401)
  }
})

test('nobody pushes to a cache, and who may not write there is not told that it is one', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream, isPublic: false })
  const bytes = some(10)
  const pushes: readonly [string, string, (Buffer | string)?][] = [
    ['POST', '/v2/mirror/app/blobs/uploads/'],
    ['POST', `/v2/mirror/app/blobs/uploads/?digest=${sha256(bytes)}`, bytes],
    ['POST', `/v2/mirror/app/blobs/uploads/?mount=${sha256(bytes)}`],
    ['PUT', '/v2/mirror/app/manifests/1.0', JSON.stringify(imageOf([]))],
  ]
  for (const [method, path, body] of pushes) {
    const call = { headers: { 'content-type': imageType }, ...(body !== undefined && { body }) }
    const refused = await cache.send(method, path, { as: 'mirror', ...call })
    expect([refused.status, refused.code]).toEqual([403, 'DENIED'])
    expect((await cache.send(method, path, { as: 'ada', ...call })).code).toBe('NAME_UNKNOWN')
  }
  expect(upstream.seen).toEqual([])
})

test.each(['..', '.', 'a b', 'a%2Fb', '-x', 'x'.repeat(129), 'sha256:short'])(
  'D-24: %s is no reference to ask another registry for',
  async (text) => {
    const upstream = await openUpstream()
    const cache = await openCache({ upstream })
    const { status } = await cache.sendRaw('GET', `/v2/mirror/app/manifests/${encodeURIComponent(text)}`, 'ada')
    expect([400, 404]).toContain(status)
    expect(upstream.seen).toEqual([])
  },
)

test('an address that is not public is no upstream unless it is allowed', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream, allow: [] })
  expect((await cache.manifest('1.0')).status).toBe(503)
  expect(upstream.seen).toEqual([])
})

test('what a cached manifest lists stays through a collection, and deleting a tag here makes it come again', async () => {
  const upstream = await openUpstream()
  const image = upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream, more: { tagTtlSeconds: 60 }, artifacts: { gcGraceSeconds: 1 } })
  await cache.manifest('1.0')
  await cache.blob(image.layer)
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  await cache.kernel.resolve(Collection).collect()
  expect((await cache.blob(image.layer)).status).toBe(200)
  expect([upstream.count('GET', '/blobs/'), (await cache.kernel.resolve(Fsck).check()).errors]).toEqual([1, []])
  expect((await cache.send('DELETE', `/v2/mirror/app/manifests/${image.digest}`, { as: 'mirror' })).status).toBe(202)
  expect((await cache.manifest('1.0')).status).toBe(200)
  expect(upstream.count('GET', '/manifests/1.0')).toBe(2)
})

test('the registry itself, not who pulled, is the author of what is cached', async () => {
  const upstream = await openUpstream()
  upstream.putImage('app', '1.0')
  const cache = await openCache({ upstream })
  await cache.manifest('1.0', 'ada')
  const rows = await cache.kernel.resolve(Database).sql<{
    actor: string
  }>`select distinct actor from audit_log where action like 'manifest.%'`
  expect(rows).toEqual([{ actor: 'system' }])
})
