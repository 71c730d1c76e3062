import { createHash, createPublicKey, verify } from 'node:crypto'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Collection } from '../../../src/modules/artifacts/contract.ts'
import { Fsck } from '../../../src/modules/artifacts/fsck.contract.ts'
import { startTestKernel } from '../../../src/shared/testing/start-test-kernel.ts'
import { openUpstream } from './fake-npm-upstream.ts'
import { type AnyDocument, type AnyManifest, type Cache, openCache } from './open-cache.ts'

const installType = 'application/vnd.npm.install-v1+json'

test('D-24: a package that is not here comes from the upstream: document, short document, version and tarball', async () => {
  const upstream = await openUpstream()
  const bytes = upstream.put('left', {
    '1.0.0': { manifest: { scripts: { install: 'x' }, description: 'old' } },
    '1.1.0': { manifest: { dependencies: { right: '^1' } } },
  })
  const cache = await openCache({ upstream, more: { cacheSeconds: 60 } })
  const full = await cache.get('left')
  expect([full.status, full.headers.get('content-type'), full.headers.get('cache-control')]).toEqual([
    ...[200, 'application/json', 'public, no-cache'],
  ])
  const document = full.json<AnyDocument>()
  expect([document['dist-tags'], Object.keys(document.versions), document.time['1.0.0']]).toEqual([
    { latest: '1.1.0' },
    ['1.0.0', '1.1.0'],
    '2020-01-01T00:00:00.000Z',
  ])
  expect(document.versions['1.0.0']?.dist.tarball).toBe(`${cache.origin}/npm/left/-/left-1.0.0.tgz`)
  const short = await cache.get('left', undefined, { accept: installType, 'accept-encoding': 'identity' })
  expect([short.headers.get('content-type'), short.headers.get('content-encoding')]).toEqual([installType, null])
  expect(Number(short.headers.get('content-length'))).toBe(short.bytes.length)
  const one = short.json<AnyDocument>().versions['1.0.0']
  expect([one?.hasInstallScript, one?.scripts, 'time' in short.json()]).toEqual([true, undefined, false])
  for (const spec of ['1.1.0', 'latest'])
    expect((await cache.send('GET', `/npm/left/${spec}`)).json()).toMatchObject({ version: '1.1.0', dependencies: { right: '^1' } })
  expect((await cache.send('GET', '/npm/left/9.9.9')).status).toBe(404)
  const tarball = await cache.tarball('left', '1.1.0')
  expect([tarball.status, tarball.bytes.equals(bytes['1.1.0'] ?? Buffer.alloc(0))]).toEqual([200, true])
  expect(tarball.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect((await cache.tarball('left', '9.9.9')).status).toBe(404)
  expect(upstream.seen.map(({ path }) => path)).toEqual(['/left', '/left/-/left-1.1.0.tgz'])
})

test('a scoped package and one whose name is older than the rules come from there, too', async () => {
  const upstream = await openUpstream()
  for (const name of ['@types/node', 'JSONStream', '@some_scope/Thing']) upstream.put(name, { '1.0.0': {} })
  const cache = await openCache({ upstream })
  for (const name of ['@types/node', 'JSONStream', '@some_scope/Thing']) {
    expect((await cache.get(name)).json<AnyDocument>().name).toBe(name)
    expect((await cache.tarball(name, '1.0.0')).status).toBe(200)
  }
})

test('every version is signed by this registry, and what the upstream says of signatures goes', async () => {
  const upstream = await openUpstream()
  upstream.put('left', {
    '1.0.0': { dist: { attestations: { url: 'https://elsewhere.example.org' } } },
    '2.0.0': { dist: { integrity: 'md5-x' } },
  })
  const cache = await openCache({ upstream })
  const { dist } = (await cache.send('GET', '/npm/left/1.0.0')).json<AnyManifest>()
  const { keys } = (await cache.send('GET', '/npm/-/npm/v1/keys')).json<{ keys: { keyid: string; key: string }[] }>()
  const [signature] = dist.signatures ?? []
  expect([dist.signatures?.length, signature?.keyid, 'attestations' in dist]).toEqual([1, keys[0]?.keyid, false])
  const key = createPublicKey({ key: Buffer.from(keys[0]?.key ?? '', 'base64'), format: 'der', type: 'spki' })
  const text = Buffer.from(`left@1.0.0:${dist.integrity}`)
  expect(verify('sha256', text, key, Buffer.from(signature?.sig ?? '', 'base64'))).toBe(true)
  expect((await cache.send('GET', '/npm/left/2.0.0')).json<AnyManifest>().dist.signatures).toBeUndefined()
})

test('a document is asked for again with its tag, which costs a 304, and clients get one as well', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  const first = await cache.get('left')
  const etag = first.headers.get('etag') ?? ''
  expect((await cache.get('left', undefined, { 'if-none-match': etag })).status).toBe(304)
  expect(upstream.seen.map(({ etag: sent }) => sent !== undefined)).toEqual([false, true])
  upstream.put('left', { '1.0.0': {}, '1.1.0': {} })
  const second = await cache.get('left', undefined, { 'if-none-match': etag })
  expect([second.status, second.json<AnyDocument>()['dist-tags']]).toEqual([200, { latest: '1.1.0' }])
})

test('within its time a document is asked for once, also by the next process', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream, more: { cacheSeconds: 600 } })
  await Promise.all(Array.from({ length: 20 }, () => cache.get('left')))
  await cache.get('left')
  expect(upstream.seen.length).toBe(1)
  await cache.kernel.stop()
  const again = await openCacheAt(cache)
  expect(await again.status('/npm/left')).toBe(200)
  expect(upstream.seen.length).toBe(1)
})

test('an upstream that is down leaves what is known, with a warning; the rest is a 503', async () => {
  const upstream = await openUpstream()
  const bytes = upstream.put('left', { '1.0.0': {}, '1.1.0': {} })
  const cache = await openCache({ upstream })
  await cache.tarball('left', '1.0.0')
  upstream.state.status = 500
  const stale = await cache.get('left')
  expect([stale.status, stale.headers.get('warning')]).toEqual([200, '110 - "Response is Stale"'])
  await upstream.close()
  expect((await cache.get('left')).status).toBe(200)
  expect((await cache.tarball('left', '1.0.0')).bytes.equals(bytes['1.0.0'] ?? Buffer.alloc(0))).toBe(true)
  const unknown = [await cache.get('right'), await cache.tarball('left', '1.1.0')]
  for (const { status, code, headers } of unknown)
    expect([status, code, headers.get('retry-after')]).toEqual([503, 'npm.upstream_unavailable', '5'])
  expect(unknown[0]?.json()).toMatchObject({ error: expect.any(String) })
})

test('D-18: more documents than may be read at once are told to come back, and a manifest is read once', async () => {
  const upstream = await openUpstream()
  for (const name of ['left', 'slow', 'late']) upstream.put(name, { '1.0.0': {}, '1.1.0': {} })
  const cache = await openCache({ upstream, more: { match: ['*'], cacheSeconds: 600 }, npm: { upstreamMaxReading: 1 } })
  const manifest = (spec: string) => cache.send('GET', `/npm/left/${spec}`)
  const first = (await manifest('latest')).json<AnyManifest>()
  upstream.state.delayMs = 1_000
  const slow = Promise.all([cache.get('slow'), cache.get('slow')])
  await expect.poll(() => upstream.count('/slow')).toBe(1)
  for (const { status, code, headers, json } of [await cache.get('late'), await manifest('1.0.0')]) {
    expect([status, code, headers.get('retry-after')]).toEqual([503, 'npm.upstreams_busy', '5'])
    expect(json()).toMatchObject({ error: expect.any(String) })
  }
  expect((await manifest('1.1.0')).json()).toEqual(first)
  expect((await slow).map(({ status }) => status)).toEqual([200, 200])
  upstream.state.delayMs = 0
  expect([(await cache.get('late')).status, (await manifest('1.0.0')).status]).toEqual([200, 200])
})

test('tarballs have tags and ranges, and their digest is that of their bytes', async () => {
  const upstream = await openUpstream()
  const { '1.0.0': bytes = Buffer.alloc(0) } = upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  const part = await cache.tarball('left', '1.0.0', { range: 'bytes=100-199' })
  expect([part.status, part.headers.get('content-range'), part.bytes.equals(bytes.subarray(100, 200))]).toEqual([
    ...[206, 'bytes 100-199/5000', true],
  ])
  const whole = await cache.tarball('left', '1.0.0')
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  expect([whole.headers.get('docker-content-digest'), whole.headers.get('etag')]).toEqual([digest, `"${digest}"`])
  expect((await cache.tarball('left', '1.0.0', { 'if-none-match': `"${digest}"` })).status).toBe(304)
  const beyond = await cache.tarball('left', '1.0.0', { range: 'bytes=9000-' })
  expect([beyond.status, beyond.headers.get('cache-control')]).not.toContain('public, max-age=31536000, immutable')
  expect(beyond.status).toBe(416)
  const head = await cache.send('HEAD', '/npm/left/-/left-1.0.0.tgz')
  expect([head.status, head.headers.get('content-length'), upstream.count('.tgz')]).toEqual([200, '5000', 1])
})

test('D-24: bytes that are not those of the document are refused, and nothing of them is kept', async () => {
  const upstream = await openUpstream()
  const { '1.0.0': bytes = Buffer.alloc(0) } = upstream.put('left', {
    '1.0.0': {},
    '2.0.0': { dist: { integrity: undefined, shasum: undefined } },
  })
  const cache = await openCache({ upstream })
  upstream.tarballs.set('/left/-/left-1.0.0.tgz', Buffer.from('something else'))
  const wrong = await cache.tarball('left', '1.0.0')
  expect([wrong.status, wrong.code]).toEqual([503, 'npm.upstream_tarball_invalid'])
  expect((await cache.tarball('left', '2.0.0')).code).toBe('npm.upstream_tarball_invalid')
  expect([await cache.files('.tgz'), await cache.files('.part')]).toEqual([[], []])
  upstream.state.before = (request, response) => {
    if (!request.url?.endsWith('.tgz')) return false
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 2_000))
    setTimeout(() => response.destroy(), 20)
    return true
  }
  expect((await cache.tarball('left', '1.0.0')).code).toBe('npm.upstream_unavailable')
  expect([await cache.files('.tgz'), await cache.files('.part')]).toEqual([[], []])
  delete upstream.state.before
  upstream.tarballs.set('/left/-/left-1.0.0.tgz', bytes)
  expect((await cache.tarball('left', '1.0.0')).bytes.equals(bytes)).toBe(true)
})

test('twenty that ask at once cost the upstream one request each for document and tarball', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  upstream.state.delayMs = 150
  const cache = await openCache({ upstream, more: { cacheSeconds: 60 } })
  const all = await Promise.all(Array.from({ length: 20 }, () => cache.tarball('left', '1.0.0')))
  expect([new Set(all.map(({ status }) => status)), upstream.seen.length]).toEqual([new Set([200]), 2])
})

test('what the upstream does not have is absent, is not asked for again at once, and looks like what is hidden here', async () => {
  const upstream = await openUpstream()
  const cache = await openCache({ upstream })
  for (let time = 1; time <= 3; time += 1) {
    const answers = [await cache.get('none', 'ann'), await cache.tarball('none', '1.0.0'), await cache.get('None', 'ann')]
    expect(answers.map(({ status }) => status)).toEqual([404, 401, 404])
  }
  expect(upstream.seen.map(({ path }) => path)).toEqual(['/none', '/None'])
  upstream.put('left', { '1.0.0': {} })
  await cache.get('left')
  upstream.documents.clear()
  expect((await cache.get('left', 'ann')).status).toBe(404)
  expect(await cache.files('.json')).toEqual([])
})

test('the copies are no business of fsck and collection', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  await cache.tarball('left', '1.0.0')
  expect((await cache.kernel.resolve(Fsck).check()).errors).toEqual([])
  await cache.kernel.resolve(Collection).collect()
  expect([(await cache.files('.tgz')).length, (await cache.files('.json')).length]).toEqual([1, 1])
})

test('the start removes what a killed process left and what is too much, but nothing that may be in use', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {}, '2.0.0': {} })
  const cache = await openCache({ upstream })
  for (const version of ['1.0.0', '2.0.0']) await cache.tarball('left', version)
  const [oldest = ''] = await cache.files('.tgz')
  for (const name of ['old.part', 'new.part']) await writeFile(join(cache.folder, name), 'x')
  const before = new Date(Date.now() - 3_600_000)
  for (const name of [oldest, 'old.part']) await utimes(join(cache.folder, name), before, before)
  await cache.kernel.stop()
  const again = await openCacheAt(cache, { upstreamCacheBytes: 8_000 })
  expect([await again.files('.part'), (await again.files('.tgz')).includes(oldest)]).toEqual([['new.part'], false])
  expect((await again.files('.tgz')).length).toBe(1)
  for (const version of ['1.0.0', '2.0.0']) expect(await again.status(`/npm/left/-/left-${version}.tgz`)).toBe(200)
})

test('search finds what is here, and asks nobody else', async () => {
  const upstream = await openUpstream()
  upstream.put('left', { '1.0.0': {} })
  const cache = await openCache({ upstream })
  await cache.get('left')
  const found = await cache.send('GET', '/npm/-/v1/search?text=left')
  expect([found.json<{ total: number }>().total, upstream.count('search')]).toEqual([0, 0])
})

/** The next process of the same registry. */
async function openCacheAt({ kernel, files, upstream }: Cache, npm: object = {}) {
  const next = await startTestKernel({
    ...{ home: kernel.home, kernel: { outboundAllow: ['127.0.0.1'] } },
    settings: { npm: { upstreams: [{ match: ['*'], url: upstream.origin, cacheSeconds: 600 }], ...npm } },
  })
  onTestFinished(() => next[Symbol.asyncDispose]())
  const status = async (url: string) => (await next.http.inject({ method: 'GET', url })).statusCode
  return { status, files }
}
