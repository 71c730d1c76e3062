import { afterAll, beforeAll, expect, test } from 'vitest'
import { RollUp } from '../../../src/modules/analytics/collection/roll-up.service.ts'
import { Collection } from '../../../src/modules/analytics/contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { packTarball, publishDocument } from '../../support/npm-package.ts'
import { openDoor, password } from '../npm/open-door.ts'
import type { SeriesAnswer } from './open-analytics.ts'

let door: Awaited<ReturnType<typeof openDoor>>
const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`
const tarball = '/npm/@admin/widget/-/widget-1.0.0.tgz'

beforeAll(async () => {
  door = await openDoor()
  const manifest = { name: '@admin/widget', version: '1.0.0' }
  await door.call('PUT /@admin%2fwidget', { as: 'admin', body: publishDocument(manifest, await packTarball(manifest)) })
})
afterAll(() => door[Symbol.asyncDispose]())

const get = (url: string, headers: Record<string, string> = {}) => door.kernel.http.inject({ url, headers: { authorization, ...headers } })
async function settle() {
  await door.kernel.resolve(Collection).flush()
  await door.kernel.resolve(RollUp).run()
}
const shown = async <T = SeriesAnswer>(url: string) => (await get(url)).json<T>()

test('R17: 400 downloads over 8 parallel clients are counted exactly, by the door they came through, an install as an install', async () => {
  const client = async () => {
    for (let at = 0; at < 50; at += 1) {
      const headers = { 'user-agent': at % 2 === 0 ? 'npm/11.0.0 node/v24.15.0 linux x64 workspaces/false' : 'curl/8.5.0' }
      expect((await get(tarball, headers)).statusCode).toBe(200)
    }
  }
  await Promise.all(Array.from({ length: 8 }, client))
  // None of these is a download.
  await door.kernel.http.inject({ method: 'HEAD', url: tarball, headers: { authorization } })
  await get(tarball, { range: 'bytes=10-20' })
  await get(tarball, { range: 'bytes=0-0' })
  await door.kernel.http.inject({ url: tarball })
  const rest = await get('/v1/artifacts/admin/widget/1.0.0', { 'user-agent': 'npm/11.0.0' })
  const oci = await get('/v2/npm/admin/widget/manifests/1.0.0')
  expect([rest.statusCode, oci.statusCode]).toEqual([200, 200])
  await settle()
  expect((await shown('/v1/artifacts/admin/widget/-/downloads/doors')).items).toEqual([
    { door: 'npm', downloads: 400, installs: 200, share: 0.995 },
    { door: 'oci', downloads: 1, installs: 0, share: 0.0025 },
    { door: 'rest', downloads: 1, installs: 0, share: 0.0025 },
  ])
  expect((await shown('/v1/artifacts/admin/widget/-/downloads')).items.at(-1)).toMatchObject({
    downloads: 402,
    clientDays: 1,
    publishes: 1,
  })
  const counts = await door.kernel.resolve(Database).sql`select a.downloads, c.count from artifacts a
    join versions v on v.artifact_id = a.id join download_counts c on c.version_id = v.id`
  expect(counts).toEqual([{ downloads: 402, count: 402 }])
})

test('R17: requests are counted by door and class of status, searches by whether they found anything, probes not at all', async () => {
  await settle()
  const requests = async () => {
    const { items } = await shown<{ items: { door: string; outcome: string; count: number }[] }>(
      '/v1/admin/analytics/requests?interval=month',
    )
    return new Map(items.map(({ door, outcome, count }) => [`${door} ${outcome}`, count]))
  }
  const before = await requests()
  await get('/health')
  await get('/npm/@admin/missing')
  await get('/v2/nothing/here/manifests/1.0.0')
  await door.kernel.http.inject({ url: '/v1/search?query=surely-nothing' })
  await door.kernel.http.inject({ url: '/npm/-/v1/search?text=surely-nothing' })
  await settle()
  const after = await requests()
  const more = (key: string) => (after.get(key) ?? 0) - (before.get(key) ?? 0)
  // The first question about requests, and the search.
  expect([more('npm 4xx'), more('npm 2xx'), more('oci 4xx'), more('rest 2xx')]).toEqual([1, 1, 1, 2])
  const { missed } = await shown<{ missed: unknown }>('/v1/admin/analytics/searches')
  expect(missed).toEqual([{ text: 'surely-nothing', searches: 2 }])
})
