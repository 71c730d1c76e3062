import { request as httpRequest } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openStore, type Store, sha256, some } from './open-store.ts'

const setQuota = async (store: Store, quotaBytes: number): Promise<void> => {
  const answer = await store.request('PATCH', '/v1/namespaces/ada', { as: 'admin', body: { settings: { quotaBytes } } })
  expect(answer.statusCode, answer.body).toBe(200)
}
const used = async ({ sql }: Store): Promise<number> => {
  const [row] = await sql<{
    bytes: number
  }>`select coalesce(sum(size_bytes), 0)::bigint as bytes from blobs where id in (select blob_id from artifact_blobs)`
  return row?.bytes ?? 0
}

test('a quota counts distinct linked bytes, exactly, however many publish at once', async () => {
  await using store = await openStore()
  await store.user('ada')
  await setQuota(store, 100_000)
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => store.publish('ada', `ada/widget-${index}/1.0.0`, some(9_000))),
  )
  const codes = answers.map(({ statusCode }) => statusCode)
  expect(codes.filter((code) => code === 201)).toHaveLength(11)
  const refusal = answers.find(({ statusCode }) => statusCode === 403)
  expect(refusal?.json()).toMatchObject({ code: 'artifacts.quota_exceeded', details: { quotaBytes: 100_000, wantedBytes: 9_000 } })
  expect(await used(store)).toBeLessThanOrEqual(100_000)
  expect((await store.fsck()).errors).toEqual([])
})

test('bytes the namespace has already cost nothing again', async () => {
  await using store = await openStore()
  await store.user('ada')
  await setQuota(store, 10_010)
  const bytes = some(10_000)
  for (const name of ['one', 'two', 'three']) expect((await store.publish('ada', `ada/${name}/1.0.0`, bytes)).statusCode).toBe(201)
  expect((await store.publish('ada', 'ada/four/1.0.0', some(100))).statusCode).toBe(403)
})

test('an open session reserves what it announced, and gives it back', async () => {
  await using store = await openStore()
  const { user, request, publish } = store
  await user('ada')
  await setQuota(store, 10_010)
  const open = (size: number) => request('POST', '/v1/uploads', { as: 'ada', body: { namespace: 'ada', name: 'big', size } })
  const opened = await open(8_000)
  expect([opened.statusCode, (await open(8_000)).statusCode]).toEqual([201, 403])
  expect((await publish('ada', 'ada/small/1.0.0', some(5_000))).statusCode).toBe(403)
  const url = `/v1/uploads/${opened.json<{ id: string }>().id}`
  const tooMuch = await request('PATCH', url, { as: 'ada', body: some(8_001) })
  expect(tooMuch.statusCode).toBe(413)
  await request('DELETE', url, { as: 'ada' })
  expect((await publish('ada', 'ada/small/1.0.0', some(5_000))).statusCode).toBe(201)
})

test('what was uploaded for an artifact that does not exist yet stays reserved until it is published', async () => {
  await using store = await openStore()
  const { user, request, publish, upload } = store
  await user('ada')
  await setQuota(store, 10_010)
  const bytes = some(8_000)
  await upload('ada', { namespace: 'ada', name: 'big', size: 8_000 }, bytes)
  expect((await publish('ada', 'ada/small/1.0.0', some(5_000))).statusCode).toBe(403)
  const body = { type: 'module-binary', layers: [{ digest: sha256(bytes) }] }
  const published = await request('POST', '/v1/artifacts/ada/big/1.0.0', { as: 'ada', body })
  expect(published.statusCode, published.body).toBe(201)
  expect((await publish('ada', 'ada/small/1.0.0', some(2_000))).statusCode).toBe(201)
})

test('a session without a size ends when its bytes do not fit, also for an artifact that does not exist yet', async () => {
  await using store = await openStore()
  const { user, request } = store
  await user('ada')
  await setQuota(store, 10_000)
  const finish = async (bytes: Buffer) => {
    const opened = await request('POST', '/v1/uploads', { as: 'ada', body: { namespace: 'ada', name: 'big' } })
    const url = `/v1/uploads/${opened.json<{ id: string }>().id}?digest=${sha256(bytes)}`
    return (await request('PUT', url, { as: 'ada', body: bytes })).statusCode
  }
  const kept = some(6_000)
  expect([await finish(kept), await finish(kept), await finish(some(6_000)), await finish(some(3_000))]).toEqual([201, 201, 403, 201])
})

test('a publish that cannot fit is refused before its body is read', async () => {
  await using store = await openStore()
  const { user, publish, request, sql } = store
  await user('ada')
  await setQuota(store, 10_000)
  const stored = async () => (await sql`select id from blobs`).length
  expect((await publish('ada', 'ada/large/1.0.0', some(10_001))).statusCode).toBe(403)
  expect(await stored()).toBe(0)
  const bytes = some(9_998)
  expect((await publish('ada', 'ada/one/1.0.0', bytes)).statusCode).toBe(201)
  const before = await stored()
  await setQuota(store, 9_000)
  expect((await publish('ada', 'ada/small/1.0.0', some(1))).statusCode).toBe(403)
  expect(await stored()).toBe(before)
  const again = { as: 'ada', body: bytes, headers: { 'x-artifact-digest': sha256(bytes) } }
  expect((await request('POST', '/v1/artifacts/ada/two/1.0.0', again)).statusCode).toBe(201)
})

interface SessionsOf {
  readonly open: () => Promise<{ readonly status: number; readonly url: string }>
  readonly send: (url: string, bytes: Buffer) => Promise<number>
}

/** Sessions that announce nothing, as OCI clients open them. */
const silentSessions = ({ request }: Store): SessionsOf => ({
  async open() {
    const opened = await request('POST', '/v1/uploads', { as: 'ada', body: { namespace: 'ada', name: 'big' } })
    return { status: opened.statusCode, url: `/v1/uploads/${opened.json<{ id: string }>().id}` }
  },
  send: async (url, bytes) => (await request('PATCH', url, { as: 'ada', body: bytes })).statusCode,
})
const unfinished = async ({ files }: Store): Promise<number> => (await files()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

test('sessions that announce nothing have together no more than is free, exactly, however many write at once', async () => {
  await using store = await openStore()
  await store.user('ada')
  await setQuota(store, 100_000)
  expect((await store.publish('ada', 'ada/widget/1.0.0', some(10_000))).statusCode).toBe(201)
  const used = await unfinished(store)
  const { open, send } = silentSessions(store)
  const urls = await Promise.all(Array.from({ length: 20 }, async () => (await open()).url))
  const codes = await Promise.all(urls.map((url) => send(url, some(8_000))))
  expect(codes.filter((code) => code === 202)).toHaveLength(11)
  expect(codes.filter((code) => code === 403)).toHaveLength(9)
  expect((await unfinished(store)) - used).toBe(88_000)
  // Chunk after chunk, too.
  const [url = ''] = urls.filter((_url, index) => codes[index] === 202)
  expect(await send(url, some(1_000))).toBe(202)
  expect(await send(url, some(5_000))).toBe(403)
  // What does not fit gives back what it had.
  expect((await unfinished(store)) - used).toBe(80_000)
})

test('no session is opened in a namespace that is full', async () => {
  await using store = await openStore()
  await store.user('ada')
  await setQuota(store, 10_000)
  const { open, send } = silentSessions(store)
  const first = await open()
  expect(await send(first.url, some(10_000))).toBe(202)
  expect((await open()).status).toBe(403)
  await store.request('DELETE', first.url, { as: 'ada' })
  expect((await open()).status).toBe(201)
})

test.each([100_000, 10_000_000_000])(
  'a stream of unknown length reserves no more than it has when it ends, of %d bytes',
  async (quotaBytes) => {
    await using store = await openStore()
    await store.user('ada')
    await setQuota(store, quotaBytes)
    const base = await store.kernel.listen()
    const { open, send } = silentSessions(store)
    const stream = async (url: string, bytes: Buffer) => {
      const headers = { authorization: store.credentials('ada'), 'content-type': 'application/octet-stream' }
      const body = ReadableStream.from(
        Array.from({ length: 10 }, (_, index) => bytes.subarray((index * bytes.length) / 10, ((index + 1) * bytes.length) / 10)),
      )
      return (await fetch(new URL(url, base), { method: 'PATCH', headers, body, duplex: 'half' } as RequestInit)).status
    }
    const one = await open()
    expect(await stream(one.url, some(60_000))).toBe(202)
    const held = async () => (await store.sql<{ bytes: number }>`select sum(held_bytes)::bigint as bytes from upload_sessions`)[0]?.bytes
    expect(await held()).toBe(60_000)
    if (quotaBytes > 100_000) return
    const two = await open()
    expect(await stream(two.url, some(50_000))).toBe(403)
    expect(await held()).toBe(60_000)
    const three = await open()
    expect(await send(three.url, some(40_000))).toBe(202)
  },
)

test('what came before a cut stays in the session, and is all that stays reserved (D-11)', async () => {
  await using store = await openStore()
  await store.user('ada')
  await setQuota(store, 100_000)
  const base = await store.kernel.listen()
  const { open, send } = silentSessions(store)
  const { url } = await open()
  const headers = { authorization: store.credentials('ada'), 'content-type': 'application/octet-stream', 'content-length': 90_000 }
  const client = httpRequest(new URL(url, base), { method: 'PATCH', headers })
  client.on('error', () => undefined)
  client.write(some(30_000))
  const held = async () => (await store.sql<{ bytes: number }>`select sum(held_bytes)::bigint as bytes from upload_sessions`)[0]?.bytes
  await expect.poll(held).toBe(90_000)
  await delay(200)
  client.destroy()
  await expect.poll(held).toBe(30_000)
  await expect.poll(async () => (await store.request('GET', url, { as: 'ada' })).json()).toMatchObject({ offset: 30_000 })
  await expect.poll(() => send(url, some(70_000))).toBe(202)
})
