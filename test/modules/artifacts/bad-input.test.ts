import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { footprint, openStore, type Store, sha256, some } from './open-store.ts'

let store: Store
let base = ''
beforeAll(async () => {
  store = await openStore({ settings: { maxUploadSize: 100_000 } })
  await store.user('ada')
  await store.user('bob')
  await store.publish('ada', 'ada/taken/1.0.0', some(10))
  base = await store.kernel.listen()
})
afterAll(() => store[Symbol.asyncDispose]())

const send = (path: string, headers: Record<string, string>) =>
  store.request('POST', `/v1/artifacts/${path}`, { as: 'ada', body: some(10), headers })

/** The answer, after which nothing may be stored that was not there before. */
async function refused(work: () => ReturnType<Store['request']>): Promise<readonly [number, string]> {
  const before = await footprint(store)
  const answer = await work()
  expect(await footprint(store)).toEqual(before)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  return [answer.statusCode, answer.json<{ code: string }>().code]
}

test('a wrong digest, a malformed one and too many bytes are refused and nothing is stored', async () => {
  const { publish } = store
  const url = 'ada/widget/1.0.0'
  expect(await refused(() => send(url, { 'x-artifact-digest': sha256('other') }))).toEqual([400, 'artifacts.digest_mismatch'])
  for (const digest of ['md5:0', 'sha256:ABC', `sha256:${'A'.repeat(64)}`, '', `sha256:${'0'.repeat(63)}`, '../../etc/passwd'])
    expect(await refused(() => send(url, { 'x-artifact-digest': digest })), digest).toEqual([400, 'artifacts.digest_invalid'])
  expect(await refused(() => publish('ada', url, some(100_001)))).toEqual([413, 'artifacts.too_large'])
})

test('names, versions, types and content types that are none are refused and nothing is stored', async () => {
  const { publish, request } = store
  const paths = [
    'ada/..%2Fx/1.0.0',
    'ada/%252e%252e/1.0.0',
    'ada/.hidden/1.0.0',
    'ada/Widget/1.0.0',
    `ada/${encodeURIComponent('wіdget')}/1.0.0`,
    `ada/${'x'.repeat(300)}/1.0.0`,
    'ada/widget/not-a-version',
    'ada/widget/1.0',
    `ada/widget/1.0.0-${'x'.repeat(200)}`,
    'AD%20A/widget/1.0.0',
  ]
  for (const path of paths) {
    const [status] = await refused(() => publish('ada', path, some(10)))
    expect(status, path).toBe(400)
  }
  expect((await refused(() => publish('ada', `ada/${'x'.repeat(10_000)}/1.0.0`, some(10))))[0]).toBe(414)
  expect((await refused(() => publish('ada', 'ada/nul%00/1.0.0', some(10))))[0]).toBe(400)
  expect(await refused(() => send('ada/widget/1.0.0', { 'x-artifact-type': 'nonsense' }))).toEqual([400, 'artifacts.publish_invalid'])
  expect(await refused(() => send('ada/widget/1.0.0', { 'content-type': 'text/html' }))).toEqual([400, 'artifacts.publish_invalid'])
  expect(await refused(() => publish('ada', 'ada/widget/1.0.0?format=npm', some(10)))).toEqual([400, 'artifacts.publish_invalid'])
  expect((await refused(() => publish('ada', 'ada/widget/1.0.0?format=rpm', some(10))))[0]).toBe(400)
  expect(
    (await refused(() => request('POST', '/v1/artifacts/ada/widget/1.0.0?format=npm&format=oci', { as: 'ada', body: some(10) })))[0],
  ).toBe(400)
})

test('who may not publish is told so before the body is read', async () => {
  const { publish, request } = store
  expect((await refused(() => publish('bob', 'ada/widget/1.0.0', some(10))))[0]).toBe(404)
  expect((await refused(() => request('POST', '/v1/artifacts/ada/widget/1.0.0', { body: some(10) })))[0]).toBe(401)
  expect((await refused(() => publish('ada', 'nowhere/widget/1.0.0', some(10))))[0]).toBe(404)
  expect(await refused(() => publish('ada', 'ada/taken/1.0.0', some(10)))).toEqual([409, 'metadata.version_exists'])
  const unknown = { authorization: `Bearer gati_${'x'.repeat(43)}` }
  expect((await refused(() => request('POST', '/v1/artifacts/ada/widget/1.0.0', { body: some(10), headers: unknown })))[0]).toBe(401)
})

test('a token without the scope publishes nothing', async () => {
  const { request } = store
  const created = await request('POST', '/v1/tokens', { as: 'ada', body: { name: 'reader', scopes: ['read'] } })
  const headers = { authorization: `Bearer ${created.json<{ token: string }>().token}` }
  expect(await refused(() => request('POST', '/v1/artifacts/ada/widget/1.0.0', { body: some(10), headers }))).toEqual([
    403,
    'auth.insufficient_scope',
  ])
  expect(await refused(() => request('POST', '/v1/uploads', { body: { namespace: 'ada', name: 'widget' }, headers }))).toEqual([
    403,
    'auth.insufficient_scope',
  ])
  expect((await refused(() => request('DELETE', '/v1/artifacts/ada/taken/1.0.0', { headers })))[0]).toBe(403)
  expect((await refused(() => request('POST', '/v1/admin/gc', { headers })))[0]).toBe(403)
})

test('a manifest that is none is refused and nothing is stored', async () => {
  const { request } = store
  const post = (body: unknown, headers = { 'content-type': 'application/json' }) =>
    request('POST', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada', body: typeof body === 'string' ? body : JSON.stringify(body), headers })
  const valid = { type: 'module-binary', layers: [] }
  const bodies: unknown[] = [
    '{',
    '[]',
    'null',
    '{"type":"module-binary","manifest":{"__proto__":{"x":1}},"layers":[]}',
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    { ...valid, type: 'x' },
    { ...valid, layers: {} },
    { ...valid, layers: [{ digest: 'sha256:zz' }] },
    { ...valid, layers: [{ digest: sha256('x'), size: -1 }] },
    { ...valid, layers: [{ digest: sha256('x'), surprise: true }] },
    { ...valid, extra: 1 },
    { ...valid, manifest: { version: '2.0.0' } },
    { ...valid, type: 'agent', manifest: { config: {} } },
    { ...valid, manifest: {} },
    { ...valid, manifest: { name: 'widget', version: '1.0.0' } },
  ]
  for (const body of bodies) {
    const [status] = await refused(() => post(body))
    expect(status, JSON.stringify(body).slice(0, 80)).toBe(400)
  }
  expect((await refused(() => post({ ...valid, layers: [{ digest: sha256('unknown') }] })))[0]).toBe(404)
  expect((await refused(() => post({ ...valid, manifest: { description: 'x'.repeat(9_000_000) } })))[0]).toBe(413)
})

test('upload sessions refuse what they cannot use', async () => {
  const { request } = store
  const post = (body: object) => refused(() => request('POST', '/v1/uploads', { as: 'ada', body }))
  const bodies = [
    {},
    { namespace: 'ada' },
    { namespace: 'ada', name: ['x'] },
    { namespace: 'ada', name: '../x' },
    { namespace: 'ada', name: 'widget', size: -1 },
    { namespace: 'ada', name: 'widget', size: '5' },
    { namespace: 'ada', name: 'widget', format: 'rpm' },
    { namespace: 'ada', name: 'widget', surprise: 1 },
  ]
  for (const body of bodies) expect((await post(body))[0], JSON.stringify(body)).toBe(400)
  expect(await post({ namespace: 'ada', name: 'widget', size: 2 ** 50 })).toEqual([413, 'artifacts.too_large'])
})

test('reads of what is not there, or not readable, look alike', async () => {
  const { request } = store
  const urls = ['/v1/artifacts/ada/taken/1.0.0', '/v1/artifacts/ada/absent/1.0.0', `/v1/artifacts/ada/taken/-/blobs/${sha256('x')}`]
  for (const url of urls) expect((await refused(() => request('GET', url, { as: 'bob' })))[0], url).toBe(404)
  for (const url of urls) expect((await refused(() => request('GET', url)))[0], url).toBe(401)
  expect((await refused(() => request('GET', '/v1/artifacts/ada/taken/9.9.9', { as: 'ada' })))[0]).toBe(404)
  expect(await refused(() => request('GET', `/v1/artifacts/ada/taken/-/blobs/${sha256('x')}`, { as: 'ada' }))).toEqual([
    404,
    'artifacts.blob_unknown',
  ])
  expect(await refused(() => request('GET', `/v1/artifacts/ada/taken/-/manifests/${sha256('x')}`, { as: 'ada' }))).toEqual([
    404,
    'artifacts.manifest_unknown',
  ])
  expect((await refused(() => request('GET', '/v1/artifacts/ada/taken/-/blobs/..%2f..%2fetc', { as: 'ada' })))[0]).toBe(400)
})

test('a body that ends early or is longer than announced leaves nothing behind', async () => {
  const before = await footprint(store)
  const { hostname, port } = new URL(base)
  const head = (length: string) =>
    `POST /v1/artifacts/ada/widget/1.0.0 HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: ${store.credentials('ada')}\r\ncontent-type: application/octet-stream\r\n${length}\r\n\r\n`
  for (const [length, body] of [
    ['content-length: 50000', some(20_000)],
    ['transfer-encoding: chunked', Buffer.concat([Buffer.from('4e20\r\n'), some(20_000), Buffer.from('\r\n')])],
    ['transfer-encoding: chunked', Buffer.concat([Buffer.from('zz\r\n'), some(20)])],
    ['content-length: -5', some(20)],
    ['content-length: 5\r\ntransfer-encoding: chunked', some(20)],
  ] as const) {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(head(length))
    socket.write(body)
    await delay(50)
    socket.destroy()
  }
  await expect.poll(() => footprint(store)).toEqual(before)
  // The same connection would answer the next request with what was left over.
  expect((await store.publish('ada', 'ada/after/1.0.0', some(10))).statusCode).toBe(201)
})
