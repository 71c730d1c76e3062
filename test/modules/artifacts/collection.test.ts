import { randomUUID } from 'node:crypto'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTestHome } from '../../../src/shared/testing/start-test-kernel.ts'
import { openStore, type Store, sha256, some } from './open-store.ts'

const grace = { gcGraceSeconds: 1 }
const emptyBytes = 2
const linkedBytes = async ({ sql }: Store): Promise<number> => {
  const [row] = await sql<{ bytes: number }>`
    select coalesce(sum(size_bytes), 0)::bigint as bytes from blobs where id in (select blob_id from artifact_blobs)`
  return row?.bytes ?? 0
}
const diskBytes = async ({ files }: Store): Promise<number> => (await files()).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

test('the bytes of a deleted version go after the grace period, those that others use stay (D-8)', async () => {
  await using store = await openStore({ settings: grace })
  const { user, publish, request, collect, kernel } = store
  await user('ada')
  const [own, shared] = [some(10_000), some(20_000)]
  await publish('ada', 'ada/one/1.0.0', own)
  await publish('ada', 'ada/one/2.0.0', shared)
  await publish('ada', 'ada/two/1.0.0', shared)
  await request('DELETE', '/v1/artifacts/ada/one/1.0.0', { as: 'ada' })
  await request('DELETE', '/v1/artifacts/ada/one/2.0.0', { as: 'ada' })
  await kernel.drainEffects()
  expect(await collect()).toMatchObject({ blobs: 0, manifests: 0 })
  await delay(1_200)
  const report = await collect()
  expect(report).toMatchObject({ blobs: 1, bytes: 10_000, manifests: 2, orphans: 0 })
  expect(await diskBytes(store)).toBe(20_000 + emptyBytes)
  expect((await request('GET', '/v1/artifacts/ada/two/1.0.0', { as: 'ada' })).rawPayload.equals(shared)).toBe(true)
  expect((await store.fsck()).errors).toEqual([])
  expect(await collect()).toMatchObject({ blobs: 0, manifests: 0, links: 0 })
})

test('a blob that was uploaded and never published is collected, and can be pushed again', async () => {
  await using store = await openStore({ settings: grace })
  const { user, upload, publish, request, collect } = store
  await user('ada')
  const bytes = some(10_000)
  await upload('ada', { namespace: 'ada', name: 'new' }, bytes)
  await publish('ada', 'ada/old/1.0.0', some(5))
  await upload('ada', { namespace: 'ada', name: 'old' }, some(7_000))
  await delay(1_200)
  expect(await collect()).toMatchObject({ blobs: 2, bytes: 17_000 })
  const late = await request('POST', '/v1/artifacts/ada/new/1.0.0', {
    as: 'ada',
    body: { type: 'module-binary', layers: [{ digest: sha256(bytes) }] },
  })
  expect([late.statusCode, late.json().code]).toEqual([404, 'artifacts.blob_unknown'])
  expect((await publish('ada', 'ada/new/1.0.0', bytes)).statusCode).toBe(201)
  expect((await request('GET', '/v1/artifacts/ada/new/1.0.0', { as: 'ada' })).rawPayload.equals(bytes)).toBe(true)
})

test('files without a row go when they are old, others stay (D-9)', async () => {
  await using store = await openStore({ settings: grace })
  const { user, publish, collect, blobsDir, files } = store
  await user('ada')
  await publish('ada', 'ada/widget/1.0.0', some(100))
  const before = await files()
  const [old, young, upload] = [randomUUID(), randomUUID(), randomUUID()]
  const copyPath = (key: string) => join(blobsDir, 'copies', key.slice(0, 2), key)
  for (const path of [copyPath(old), copyPath(young), join(blobsDir, 'uploads', upload)]) await writeFile(path, 'orphan')
  const longAgo = new Date(Date.now() - 60_000)
  for (const path of [copyPath(old), join(blobsDir, 'uploads', upload)]) await utimes(path, longAgo, longAgo)
  expect(await collect()).toMatchObject({ orphans: 2 })
  expect(await files()).toHaveLength(before.length + 1)
})

test('a slow upload is no orphan, however long it takes and whichever process collects', async () => {
  await using home = await createTestHome()
  await using store = await openStore({ home, settings: grace })
  await using other = await openStore({ home, settings: grace })
  await store.user('ada')
  const { kernel, credentials, request } = store
  const base = await kernel.listen()
  const [first, second] = [some(1_000), some(1_000)]
  async function* slowly() {
    yield first
    await delay(3_500)
    yield second
  }
  const publishing = fetch(`${base}/v1/artifacts/ada/slow/1.0.0`, {
    method: 'POST',
    headers: { authorization: credentials('ada'), 'content-type': 'application/octet-stream' },
    body: ReadableStream.from(slowly()),
    duplex: 'half',
  } as RequestInit)
  await delay(2_500)
  expect((await store.files()).some(({ path }) => path.startsWith('uploads/'))).toBe(true)
  for (const one of [store, other]) expect(await one.collect()).toMatchObject({ orphans: 0 })
  expect((await publishing).status).toBe(201)
  const fetched = await request('GET', '/v1/artifacts/ada/slow/1.0.0', { as: 'ada' })
  expect(fetched.rawPayload.equals(Buffer.concat([first, second]))).toBe(true)
  expect((await other.fsck()).errors).toEqual([])
})

test('collections of two processes take turns', async () => {
  await using home = await createTestHome()
  await using one = await openStore({ home, settings: grace })
  await using two = await openStore({ home, settings: grace })
  const reports = await Promise.all([one.collect(), two.collect(), one.collect()])
  expect(reports).toHaveLength(3)
  expect(await one.sql`select held_until = '-infinity' as free from collections`).toEqual([{ free: true }])
})

test('only an administrator collects, and can read the last report', async () => {
  await using store = await openStore()
  await store.user('ada')
  expect((await store.request('GET', '/v1/admin/gc', { as: 'admin' })).json()).toEqual({ last: null })
  for (const method of ['GET', 'POST'] as const) expect((await store.request(method, '/v1/admin/gc', { as: 'ada' })).statusCode).toBe(403)
  expect((await store.request('GET', '/v1/admin/fsck', { as: 'ada' })).statusCode).toBe(403)
  const ran = await store.request('POST', '/v1/admin/gc', { as: 'admin' })
  expect([ran.statusCode, ran.json()]).toMatchObject([200, { blobs: 0, sessions: 0 }])
  expect((await store.request('GET', '/v1/admin/gc', { as: 'admin' })).json()).toEqual({ last: ran.json() })
  expect(await store.sql`select action from audit_log where action = 'garbage.collected'`).toHaveLength(1)
  const checked = await store.request('GET', '/v1/admin/fsck?bytes=false', { as: 'admin' })
  expect(checked.json()).toMatchObject({ errors: [] })
})

test('while clients push and delete, the collector takes nothing that was acknowledged, and leaves nothing else (D-8)', async () => {
  await using store = await openStore({ settings: { gcGraceSeconds: 1, gcIntervalSeconds: 0.1 } })
  const { user, publish, request, kernel } = store
  await user('ada')
  // The same few contents come and go all the time, so that pushes meet collections of their own bytes.
  const contents = Array.from({ length: 12 }, () => some(30_000))
  const alive = new Map<string, Buffer>()
  const problems: string[] = []
  const until = Date.now() + 9_000
  const push = async (path: string, bytes: Buffer): Promise<boolean> => {
    const pushed = await publish('ada', path, bytes)
    if (pushed.statusCode === 503) return false
    if (pushed.statusCode !== 201) problems.push(`push ${pushed.statusCode} ${pushed.body}`)
    alive.set(path, bytes)
    const fetched = await request('GET', `/v1/artifacts/${path}`, { as: 'ada' })
    if (!fetched.rawPayload.equals(bytes)) problems.push(`${path} unreadable: ${fetched.statusCode}`)
    return true
  }
  const drop = async (path: string): Promise<void> => {
    await delay(Math.random() * 150)
    const removed = await request('DELETE', `/v1/artifacts/${path}`, { as: 'ada' })
    if (removed.statusCode !== 204) problems.push(`delete ${removed.statusCode} ${removed.body}`)
    alive.delete(path)
  }
  const client = async (who: number) => {
    for (let round = 0; Date.now() < until; round += 1) {
      const path = `ada/widget-${who}/1.${round}.0`
      const bytes = contents[(who * 7 + round) % contents.length] ?? Buffer.alloc(0)
      if ((await push(path, bytes)) && round % 3 !== 0) await drop(path)
    }
  }
  await Promise.all(Array.from({ length: 6 }, (_, who) => client(who)))
  await kernel.drainEffects()
  for (const [path, bytes] of alive) {
    const fetched = await request('GET', `/v1/artifacts/${path}`, { as: 'ada' })
    if (!fetched.rawPayload.equals(bytes)) problems.push(`${path} unreadable at the end: ${fetched.statusCode}`)
  }
  expect(problems).toEqual([])
  await expect.poll(async () => (await diskBytes(store)) - (await linkedBytes(store)), { timeout: 10_000, interval: 200 }).toBe(0)
  expect((await store.fsck()).errors).toEqual([])
}, 60_000)
