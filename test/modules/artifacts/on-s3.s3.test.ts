import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openS3Driver } from '../../../src/modules/artifacts/drivers/s3.ts'
import type { ArtifactsSettings } from '../../../src/modules/artifacts/settings.ts'
import { emptyBucket, testS3Settings, testS3Store } from '../../support/s3-server.ts'
import { openStore, type Store, sha256, some } from './open-store.ts'

async function openS3Store(own: Partial<ArtifactsSettings> = {}) {
  const settings = testS3Settings(own)
  const store = await openStore({ settings })
  const objects = testS3Store(settings)
  return {
    ...store,
    objects,
    settings,
    keys: async () => (await objects.listAll('')).map(({ key }) => key),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await emptyBucket(settings)
    },
  }
}

describe('artifacts on S3', () => {
  let s3: Awaited<ReturnType<typeof openS3Store>>
  beforeAll(async () => {
    s3 = await openS3Store({ gcGraceSeconds: 2 })
    await s3.user('ann')
  })
  afterAll(() => s3[Symbol.asyncDispose]())

  const fetched = async (url: string | string[] | number | undefined, headers = {}) => {
    const answer = await fetch(String(url), { headers })
    return { status: answer.status, headers: answer.headers, bytes: Buffer.from(await answer.arrayBuffer()) }
  }

  test('GET is a redirect to the store, which knows type and name; HEAD never is', async () => {
    const bytes = some(70_000)
    expect((await s3.publish('ann', 'ann/tool/1.0.0', bytes)).statusCode).toBe(201)
    const got = await s3.request('GET', '/v1/artifacts/ann/tool/1.0.0', { as: 'ann' })
    expect([got.statusCode, got.headers['docker-content-digest'], got.headers['cache-control']]).toEqual([307, sha256(bytes), 'no-store'])
    const direct = await fetched(got.headers.location)
    expect(direct.bytes.equals(bytes)).toBe(true)
    expect(direct.headers.get('content-disposition')).toContain('tool-1.0.0')
    expect((await fetched(got.headers.location, { range: 'bytes=10-19' })).bytes.equals(bytes.subarray(10, 20))).toBe(true)
    const forged = String(got.headers.location).replace(/X-Amz-Signature=.{8}/, 'X-Amz-Signature=00000000')
    expect((await fetched(forged)).status).toBe(403)
    const head = await s3.request('HEAD', '/v1/artifacts/ann/tool/1.0.0', { as: 'ann' })
    expect([head.statusCode, head.headers['content-length']]).toEqual([200, '70000'])
  })

  test('an upload is resumed by another process (D-11)', async () => {
    const bytes = some(11_000_000)
    const opened = await s3.request('POST', '/v1/uploads', { as: 'ann', body: { namespace: 'ann', name: 'big' } })
    const { id } = opened.json<{ id: string }>()
    const first = await s3.request('PATCH', `/v1/uploads/${id}`, { as: 'ann', body: bytes.subarray(0, 7_000_000) })
    expect(first.statusCode).toBeLessThan(300)
    const other = await openS3Driver(s3.settings)
    await other.append(id, 7_000_000, Readable.from([bytes.subarray(7_000_000, 9_000_000)]))
    const status = await s3.request('GET', `/v1/uploads/${id}`, { as: 'ann' })
    expect(status.json<{ offset: number }>().offset).toBe(9_000_000)
    const finished = await s3.request('PUT', `/v1/uploads/${id}?digest=${sha256(bytes)}`, { as: 'ann', body: bytes.subarray(9_000_000) })
    expect(finished.statusCode).toBe(201)
    expect(await s3.keys()).not.toContain(expect.stringContaining(id))
  })

  test('the same bytes are one object, a wrong digest leaves none', async () => {
    const bytes = some(1_000)
    await s3.publish('ann', 'ann/one/1.0.0', bytes)
    const before = (await s3.keys()).length
    expect((await s3.publish('ann', 'ann/two/1.0.0', bytes)).statusCode).toBe(201)
    expect((await s3.keys()).length).toBe(before)
    const opened = await s3.request('POST', '/v1/uploads', { as: 'ann', body: { namespace: 'ann', name: 'one' } })
    const { id } = opened.json<{ id: string }>()
    const wrong = await s3.request('PUT', `/v1/uploads/${id}?digest=${sha256('x')}`, { as: 'ann', body: some(10) })
    expect(wrong.statusCode).toBe(400)
    expect((await s3.keys()).length).toBe(before)
  })

  test('the collector takes what nothing knows, and fsck finds what is gone', async () => {
    const driver = await openS3Driver(s3.settings)
    const orphan = randomUUID()
    await driver.append(orphan, 0, Readable.from([some(10)]))
    await driver.commit(orphan, randomUUID())
    await driver.append(randomUUID(), 0, Readable.from([some(10)]))
    await delay(3_500)
    expect((await s3.collect()).orphans).toBe(2)
    expect((await s3.fsck()).errors).toEqual([])
    const bytes = some(500)
    await s3.publish('ann', 'ann/lost/1.0.0', bytes)
    for (const { key, sizeBytes } of await s3.objects.listAll('copies/')) if (sizeBytes === 500) await s3.objects.remove(key)
    expect((await s3.fsck()).errors.map(({ kind }) => kind)).toEqual(['blob-missing'])
    expect((await s3.request('GET', '/v1/artifacts/ann/lost/1.0.0', { as: 'ann' })).statusCode).toBe(503)
    expect((await s3.publish('ann', 'ann/lost/1.0.1', bytes)).statusCode).toBe(201)
    expect((await s3.fsck()).errors).toEqual([])
  })
})

test('without redirects the bytes come through the registry', async () => {
  await using s3 = await openS3Store({ s3Redirect: false })
  await s3.user('ann')
  const bytes = some(50_000)
  await s3.publish('ann', 'ann/tool/1.0.0', bytes)
  const got = await s3.request('GET', '/v1/artifacts/ann/tool/1.0.0', { as: 'ann', headers: { range: 'bytes=5-9' } })
  expect([got.statusCode, got.rawPayload.equals(bytes.subarray(5, 10))]).toEqual([206, true])
})

test('a store that does not answer is unavailable', async () => {
  const closed = createServer().listen(0, '127.0.0.1')
  await once(closed, 'listening')
  const address = closed.address()
  closed.close()
  const port = typeof address === 'object' ? address?.port : undefined
  const store: Store = await openStore({ settings: testS3Settings({ s3Endpoint: `http://127.0.0.1:${port}` }) })
  await using _ = store
  await store.user('ann')
  const refused = await store.publish('ann', 'ann/tool/1.0.0', some(10))
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([503, 'artifacts.store_unavailable'])
})
