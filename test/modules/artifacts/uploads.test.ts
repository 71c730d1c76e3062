import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createTestHome } from '../../../src/shared/testing/start-test-kernel.ts'
import { openStore, type Store, sha256, some } from './open-store.ts'

const open = async ({ request }: Store, as: string, target: object): Promise<string> => {
  const answer = await request('POST', '/v1/uploads', { as, body: target })
  expect(answer.statusCode, answer.body).toBe(201)
  return answer.json<{ id: string }>().id
}

test('a session takes chunks with either form of content-range, says where it is, and ends in a blob of the artifact', async () => {
  await using store = await openStore()
  const { user, publish, request } = store
  await user('ada')
  await publish('ada', 'ada/widget/1.0.0', some(10))
  const bytes = some(9_000)
  const opened = await request('POST', '/v1/uploads', { as: 'ada', body: { namespace: 'ada', name: 'widget', size: 9_000 } })
  expect(opened.statusCode).toBe(201)
  const { id, location } = opened.json<{ id: string; location: string }>()
  expect(opened.headers).toMatchObject({ location, 'upload-offset': '0' })
  expect(location).toMatch(new RegExp(`^http.*/v1/uploads/${id}$`))
  const url = `/v1/uploads/${id}`
  const first = await request('PATCH', url, { as: 'ada', body: bytes.subarray(0, 3_000), headers: { 'content-range': '0-2999' } })
  expect([first.statusCode, first.headers['range'], first.headers['upload-offset']]).toEqual([202, '0-2999', '3000'])
  const second = await request('PATCH', url, {
    as: 'ada',
    body: bytes.subarray(3_000, 6_000),
    headers: { 'content-range': 'bytes 3000-5999/*' },
  })
  expect([second.statusCode, second.headers['range']]).toEqual([202, '0-5999'])
  const status = await request('GET', url, { as: 'ada' })
  expect([status.statusCode, status.json().offset, status.headers['range']]).toEqual([200, 6_000, '0-5999'])
  const head = await request('HEAD', url, { as: 'ada' })
  expect([head.statusCode, head.headers['upload-offset'], head.body]).toEqual([200, '6000', ''])
  const finished = await request('PUT', `${url}?digest=${sha256(bytes)}`, { as: 'ada', body: bytes.subarray(6_000) })
  expect(finished.statusCode, finished.body).toBe(201)
  expect(finished.json()).toMatchObject({ digest: sha256(bytes), sizeBytes: 9_000 })
  const blobUrl = new URL(String(finished.headers['location'])).pathname
  expect((await request('GET', blobUrl, { as: 'ada' })).rawPayload.equals(bytes)).toBe(true)
  expect((await request('GET', url, { as: 'ada' })).statusCode).toBe(404)
})

test('gaps, replays and malformed ranges are refused and leave the offset where it was (D-11)', async () => {
  await using store = await openStore()
  const { user, request } = store
  await user('ada')
  const url = `/v1/uploads/${await open(store, 'ada', { namespace: 'ada', name: 'widget' })}`
  await request('PATCH', url, { as: 'ada', body: some(100) })
  const patch = (range: string, size: number) => request('PATCH', url, { as: 'ada', body: some(size), headers: { 'content-range': range } })
  for (const [range, size] of [
    ['0-99', 100],
    ['50-149', 100],
    ['101-200', 100],
  ] as const) {
    const answer = await patch(range, size)
    expect([answer.statusCode, answer.json()]).toMatchObject([416, { code: 'artifacts.range_not_satisfiable', details: { offset: 100 } }])
  }
  for (const [range, size] of [
    ['banana', 100],
    ['100-', 100],
    ['199-100', 100],
    ['100-199', 99],
    ['bytes 100-199/150', 100],
  ] as const) {
    const answer = await patch(range, size)
    expect([answer.statusCode, answer.json().code], range).toEqual([400, 'artifacts.content_range_invalid'])
  }
  expect((await request('GET', url, { as: 'ada' })).json().offset).toBe(100)
})

test('a session of somebody else, of another namespace or of nobody looks absent', async () => {
  await using store = await openStore()
  const { user, request } = store
  await user('ada')
  await user('bob')
  const id = await open(store, 'ada', { namespace: 'ada', name: 'widget' })
  expect((await request('POST', '/v1/uploads', { as: 'bob', body: { namespace: 'ada', name: 'widget' } })).statusCode).toBe(404)
  expect((await request('POST', '/v1/uploads', { body: { namespace: 'ada', name: 'widget' } })).statusCode).toBe(401)
  for (const [method, url] of [
    ['GET', id],
    ['PATCH', id],
    ['PUT', `${id}?digest=${sha256('')}`],
    ['DELETE', id],
    ['GET', '00000000-0000-0000-0000-000000000000'],
    ['GET', '..%2F..%2Fetc'],
    ['GET', "1'; drop table blobs --"],
  ] as const) {
    const answer = await request(method, `/v1/uploads/${encodeURI(url)}`, { as: 'bob', ...(method === 'PATCH' && { body: some(1) }) })
    expect([answer.statusCode, answer.json().code], `${method} ${url}`).toEqual([404, 'artifacts.upload_unknown'])
  }
  expect((await request('GET', `/v1/uploads/${id}`, { as: 'ada' })).statusCode).toBe(200)
})

test('a wrong digest ends the session, and nothing of it is stored', async () => {
  await using store = await openStore()
  const { user, request, files, sql } = store
  await user('ada')
  const url = `/v1/uploads/${await open(store, 'ada', { namespace: 'ada', name: 'widget' })}`
  await request('PATCH', url, { as: 'ada', body: some(5_000) })
  const wrong = await request('PUT', `${url}?digest=${sha256('other')}`, { as: 'ada' })
  expect([wrong.statusCode, wrong.json().code]).toEqual([400, 'artifacts.digest_mismatch'])
  expect(await files()).toEqual([])
  expect(await sql`select id from upload_sessions`).toEqual([])
  expect((await request('PUT', `${url}?digest=md5:abc`, { as: 'ada' })).statusCode).toBe(400)
})

test('a cancelled session is gone with its bytes', async () => {
  await using store = await openStore()
  const { user, request, files } = store
  await user('ada')
  const url = `/v1/uploads/${await open(store, 'ada', { namespace: 'ada', name: 'widget' })}`
  await request('PATCH', url, { as: 'ada', body: some(5_000) })
  expect((await request('DELETE', url, { as: 'ada' })).statusCode).toBe(204)
  expect([(await request('GET', url, { as: 'ada' })).statusCode, await files()]).toEqual([404, []])
})

test('sha512 is a digest too, and the blob is known by both afterwards', async () => {
  await using store = await openStore()
  const { user, publish, request } = store
  await user('ada')
  await publish('ada', 'ada/widget/1.0.0', some(1))
  const bytes = some(4_000)
  const sha512 = `sha512:${createHash('sha512').update(bytes).digest('hex')}`
  const url = `/v1/uploads/${await open(store, 'ada', { namespace: 'ada', name: 'widget' })}`
  const finished = await request('PUT', `${url}?digest=${sha512}`, { as: 'ada', body: bytes })
  expect(finished.statusCode, finished.body).toBe(201)
  for (const digest of [sha512, sha256(bytes)])
    expect((await request('GET', `/v1/artifacts/ada/widget/-/blobs/${digest}`, { as: 'ada' })).rawPayload.equals(bytes)).toBe(true)
})

test('an upload goes on after a cut connection and in another kernel on the same data, with the right digest (D-11)', async () => {
  await using home = await createTestHome()
  const bytes = some(6_000_000)
  let id = ''
  {
    await using store = await openStore({ home })
    await store.user('ada')
    id = await open(store, 'ada', { namespace: 'ada', name: 'widget', size: bytes.length })
    const base = await store.kernel.listen()
    await cutUpload(`${base}/v1/uploads/${id}`, store.credentials('ada'), bytes.subarray(0, 3_000_000))
    await expect.poll(async () => (await store.request('GET', `/v1/uploads/${id}`, { as: 'ada' })).json().offset).toBeGreaterThan(1_000_000)
    await delay(200)
  }
  await using store = await openStore({ home })
  const { offset } = (await store.request('GET', `/v1/uploads/${id}`, { as: 'ada' })).json<{ offset: number }>()
  expect(offset).toBeLessThanOrEqual(3_000_000)
  const rest = bytes.subarray(offset)
  const finished = await store.request('PUT', `/v1/uploads/${id}?digest=${sha256(bytes)}`, {
    as: 'ada',
    body: rest,
    headers: { 'content-range': `${offset}-${bytes.length - 1}` },
  })
  expect(finished.statusCode, finished.body).toBe(201)
  const body = { type: 'module-binary', layers: [{ digest: sha256(bytes) }] }
  expect((await store.request('POST', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada', body })).statusCode).toBe(201)
  expect((await store.request('GET', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })).rawPayload.equals(bytes)).toBe(true)
})

test('two requests cannot write to one session at once', async () => {
  await using store = await openStore()
  await store.user('ada')
  const id = await open(store, 'ada', { namespace: 'ada', name: 'widget' })
  const base = await store.kernel.listen()
  const held = startUpload(`${base}/v1/uploads/${id}`, store.credentials('ada'), 1_000_000)
  held.write(some(100_000))
  await delay(100)
  const second = await store.request('PATCH', `/v1/uploads/${id}`, { as: 'ada', body: some(10) })
  expect([second.statusCode, second.json().code]).toEqual([409, 'artifacts.upload_busy'])
  held.destroy()
})

test('more bodies at once than allowed are answered 503 before they are read (D-18)', async () => {
  await using store = await openStore({ settings: { maxConcurrentUploads: 1 } })
  await store.user('ada')
  const base = await store.kernel.listen()
  const id = await open(store, 'ada', { namespace: 'ada', name: 'widget' })
  const held = startUpload(`${base}/v1/uploads/${id}`, store.credentials('ada'), 1_000_000)
  held.write(some(100_000))
  await delay(100)
  const refused = await store.publish('ada', 'ada/gadget/1.0.0', some(10))
  expect([refused.statusCode, refused.json().code, refused.headers['retry-after']]).toEqual([503, 'artifacts.too_many_uploads', '2'])
  held.destroy()
  await expect.poll(async () => (await store.publish('ada', 'ada/gadget/1.0.0', some(10))).statusCode).toBe(201)
})

test('an idle session is removed with its bytes by the collector (D-9)', async () => {
  await using store = await openStore({ settings: { uploadIdleHours: 0.001, gcGraceSeconds: 1 } })
  const { user, request, collect, files } = store
  await user('ada')
  const url = `/v1/uploads/${await open(store, 'ada', { namespace: 'ada', name: 'widget' })}`
  await request('PATCH', url, { as: 'ada', body: some(100) })
  expect((await collect()).sessions).toBe(0)
  await delay(3_800)
  expect((await request('GET', url, { as: 'ada' })).statusCode).toBe(404)
  expect((await collect()).sessions).toBe(1)
  expect(await files()).toEqual([])
})

function startUpload(url: string, authorization: string, length: number) {
  const client = httpRequest(url, {
    method: 'PATCH',
    headers: { authorization, 'content-type': 'application/octet-stream', 'content-length': length },
  })
  client.on('error', () => undefined)
  return client
}

/** Sends part of what it announced and cuts the connection. */
async function cutUpload(url: string, authorization: string, bytes: Buffer): Promise<void> {
  const client = startUpload(url, authorization, bytes.length * 2)
  await new Promise<void>((resolve) => client.write(bytes, () => resolve()))
  await delay(100)
  client.destroy()
}

const cuts = [
  ['before the row of the blob', 'insert on blobs'],
  ['before the link', 'delete on upload_sessions'],
] as const
test.each(cuts)('a finish that is cut %s succeeds when it is repeated (D-11)', async (_when, cut) => {
  await using store = await openStore()
  await store.user('ada')
  const bytes = some(10_000)
  const id = await open(store, 'ada', { namespace: 'ada', name: 'widget', size: bytes.length })
  const database = new pg.Client(store.kernel.home.databaseUrl)
  await database.connect()
  await using _closed = { [Symbol.asyncDispose]: () => database.end() }
  const finish = () => store.request('PUT', `/v1/uploads/${id}?digest=${sha256(bytes)}`, { as: 'ada' })
  expect((await store.request('PATCH', `/v1/uploads/${id}`, { as: 'ada', body: bytes })).statusCode).toBe(202)
  await database.query(`create function cut() returns trigger language plpgsql as 'begin raise exception ''cut''; end'`)
  await database.query(`create trigger cut before ${cut} for each row execute function cut()`)
  expect((await finish()).statusCode).toBe(500)
  expect((await store.request('GET', `/v1/uploads/${id}`, { as: 'ada' })).json()).toMatchObject({ offset: 0 })
  await database.query(`drop function cut cascade`)
  const other = await store.request('PUT', `/v1/uploads/${id}?digest=${sha256(bytes)}`, {
    as: 'ada',
    body: bytes.subarray(5_000),
    headers: { 'content-range': '5000-9999' },
  })
  expect(other.statusCode, other.body).toBe(201)
  expect((await finish()).statusCode).toBe(404)
  const body = { type: 'module-binary', layers: [{ digest: sha256(bytes) }] }
  expect((await store.request('POST', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada', body })).statusCode).toBe(201)
  expect((await store.request('GET', '/v1/artifacts/ada/widget/1.0.0', { as: 'ada' })).rawPayload.equals(bytes)).toBe(true)
})

test('a token for one artifact uploads and publishes its first version, and nothing else', async () => {
  await using store = await openStore()
  await store.user('ada')
  const made = await store.request('POST', '/v1/tokens', {
    as: 'ada',
    body: { name: 'ci', scopes: ['read', 'publish'], artifacts: ['ada/widget'] },
  })
  const headers = { authorization: `Bearer ${made.json<{ token: string }>().token}` }
  const bytes = some(100)
  const opened = await store.request('POST', '/v1/uploads', { headers, body: { namespace: 'ada', name: 'widget' } })
  expect(opened.statusCode, opened.body).toBe(201)
  const octets = { ...headers, 'content-type': 'application/octet-stream' }
  const url = `/v1/uploads/${opened.json<{ id: string }>().id}?digest=${sha256(bytes)}`
  expect((await store.request('PUT', url, { headers: octets, body: bytes })).statusCode).toBe(201)
  const body = { type: 'module-binary', layers: [{ digest: sha256(bytes) }] }
  expect((await store.request('POST', '/v1/artifacts/ada/widget/1.0.0', { headers, body })).statusCode).toBe(201)
  expect((await store.request('POST', '/v1/uploads', { headers, body: { namespace: 'ada', name: 'other' } })).statusCode).toBe(404)
})
