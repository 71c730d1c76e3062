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
