import { afterAll, beforeAll, expect, test } from 'vitest'
import { Usage } from '../../../src/modules/analytics/contract.ts'
import type { Version } from '../../../src/modules/metadata/contract.ts'
import { type OpenAnalytics, openAnalytics, type SeriesAnswer } from './open-analytics.ts'

let registry: OpenAnalytics
const versions: Record<string, Version> = {}
const downloadsOf = async (path: string, as?: string) => (await registry.json<SeriesAnswer>(path, as)).items
const target = (name: string, visibility: 'public' | 'private') =>
  ({ namespace: 'ada', name, format: 'npm', type: 'module-node', visibility }) as const

beforeAll(async () => {
  registry = await openAnalytics()
  const { user, publish, download, settle } = registry
  const ada = await user('ada')
  await user('eve')
  versions['open1'] = await publish(ada, target('open', 'public'), { version: '1.0.0' })
  versions['open2'] = await publish(ada, target('open', 'public'), { version: '2.0.0' })
  versions['secret'] = await publish(ada, target('secret', 'private'), { version: '1.0.0' })
  const times = { open1: 3, open2: 1, secret: 9 }
  for (const [name, count] of Object.entries(times))
    for (let at = 0; at < count; at += 1) {
      const version = versions[name]
      if (version) download(version, { door: 'npm', userAgent: at === 0 ? 'npm/11.0.0' : 'curl/8', ip: `203.0.113.${at}` })
    }
  await settle()
})
afterAll(() => registry[Symbol.asyncDispose]())

test('Q060: downloads by version have their share, most first', async () => {
  expect(await downloadsOf('/v1/artifacts/ada/open/-/downloads/versions')).toEqual([
    { version: '1.0.0', downloads: 3, installs: 1, share: 0.75 },
    { version: '2.0.0', downloads: 1, installs: 1, share: 0.25 },
  ])
  expect(await downloadsOf('/v1/artifacts/ada/open/-/downloads/doors')).toEqual([{ door: 'npm', downloads: 4, installs: 2, share: 1 }])
  const adoption = await downloadsOf('/v1/artifacts/ada/open/-/downloads/adoption')
  expect(adoption.map(({ version, share }) => [version, share])).toEqual([
    ['1.0.0', 0.75],
    ['2.0.0', 0.25],
  ])
})

test('a version that is no longer shown is counted among those without a name', async () => {
  const { sql, json } = registry
  const id = versions['open2']?.id
  await sql`update versions set state = 'quarantined' where id = ${id}::uuid`
  const { items, downloads } = await json<SeriesAnswer>('/v1/artifacts/ada/open/-/downloads/versions')
  await sql`update versions set state = 'published' where id = ${id}::uuid`
  expect(items.map(({ version, downloads }) => [version, downloads])).toEqual([
    ['1.0.0', 3],
    [null, 1],
  ])
  expect(downloads).toBe(4)
})

test('a trend compares with as long a time before', async () => {
  const { sql, json } = registry
  const url = '/v1/artifacts/ada/open/-/downloads/trend?period=day'
  expect(await json(url)).toMatchObject({ current: { downloads: 4, installs: 2 }, previous: { downloads: 0 }, change: null })
  await sql`insert into analytics_hours (artifact_id, hour, version_id, kind, door, count)
    select artifact_id, hour - interval '24 hours', version_id, kind, door, count * 2 from analytics_hours`
  expect(await json(url)).toMatchObject({ current: { downloads: 4 }, previous: { downloads: 8, installs: 4 }, change: -0.5 })
})

test('P5: whoever may not see an artifact is told of none of its numbers, as if it were not there', async () => {
  const { request } = registry
  for (const path of ['downloads', 'downloads/versions', 'downloads/doors', 'downloads/adoption', 'downloads/trend']) {
    const seen = (name: string, as?: string) => request('GET', `/v1/artifacts/ada/${name}/-/${path}`, as === undefined ? {} : { as })
    for (const as of [undefined, 'eve']) {
      const [hidden, absent] = [await seen('secret', as), await seen('nothing', as)]
      expect([hidden.statusCode, hidden.json<{ code: string }>().code]).toEqual([absent.statusCode, absent.json<{ code: string }>().code])
      expect(hidden.statusCode).toBe(as === undefined ? 401 : 404)
    }
    expect((await seen('secret', 'ada')).statusCode, path).toBe(200)
  }
})

test('P5: the most downloaded are the most downloaded that the caller sees', async () => {
  const top = async (query: string, as?: string) =>
    (await registry.json<{ items: { name: string }[] }>(`/v1/analytics/top${query}`, as)).items
  expect((await top('?window=day')).map(({ name }) => name)).toEqual(['open'])
  expect((await top('?window=day', 'eve')).map(({ name }) => name)).toEqual(['open'])
  expect(await top('', 'ada')).toEqual([
    { namespace: 'ada', name: 'secret', format: 'npm', type: 'module-node', downloads: 9, installs: 1 },
    { namespace: 'ada', name: 'open', format: 'npm', type: 'module-node', downloads: 4, installs: 2 },
  ])
  expect(await top('?limit=1', 'ada')).toHaveLength(1)
  expect(await top('?type=plugin', 'ada')).toEqual([])
  expect(await top('?format=oci', 'ada')).toEqual([])
  expect(await top('?namespace=eve', 'ada')).toEqual([])
})

test('Q163: whoever may publish in a namespace sees its numbers, nobody else', async () => {
  const { json, request } = registry
  const numbers = await json<SeriesAnswer>('/v1/namespaces/ada/analytics?interval=week', 'ada')
  expect(numbers).toMatchObject({
    namespace: 'ada',
    artifacts: 2,
    totalDownloads: 13,
    stars: 0,
    top: [{ name: 'secret' }, { name: 'open' }],
  })
  expect(numbers.items.at(-1)).toMatchObject({ downloads: 13, installs: 3, publishes: 3, clientDays: 12 })
  expect((await request('GET', '/v1/namespaces/ada/analytics?from=2025-01-01&to=2026-02-01', { as: 'ada' })).statusCode).toBe(400)
  expect((await request('GET', '/v1/namespaces/ada/analytics', { as: 'eve' })).statusCode).toBe(404)
  expect((await request('GET', '/v1/namespaces/ada/analytics')).statusCode).toBe(401)
})

test('numbers of the whole registry are for its administrators', async () => {
  const { json, request, collection } = registry
  collection.searched({ text: '  Left\u0000  PAD ', total: 0 })
  collection.searched({ text: 'left pad', total: 0 })
  collection.searched({ text: 'open', total: 1 })
  await collection.flush()
  const searches = await json<SeriesAnswer & { missed: unknown }>('/v1/admin/analytics/searches', 'admin')
  expect(searches.items.at(-1)).toMatchObject({ searches: 3, withoutResults: 2 })
  expect(searches.missed).toEqual([{ text: 'left pad', searches: 2 }])
  const longAgo = await json<{ items: unknown[] }>('/v1/admin/analytics/searches?interval=month&from=2020-01-01&to=2020-02-01', 'admin')
  expect(longAgo.items).toEqual([{ start: '2020-01-01T00:00:00Z', searches: null, withoutResults: null }])
  for (const path of ['requests', 'searches']) {
    expect((await request('GET', `/v1/admin/analytics/${path}`, { as: 'ada' })).statusCode).toBe(403)
    expect((await request('GET', `/v1/admin/analytics/${path}`)).statusCode).toBe(401)
  }
})

test('requests of longer ago than they are kept are refused, since no rows would say that there were none', async () => {
  const asked = (query: string) => registry.request('GET', `/v1/admin/analytics/requests?${query}`, { as: 'admin' })
  for (const interval of ['hour', 'day', 'week', 'month']) {
    expect((await asked(`interval=${interval}`)).statusCode).toBe(200)
    const answer = await asked(`interval=${interval}&from=2020-01-01&to=2020-01-15`)
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'analytics.range_invalid', details: { keptFrom: expect.any(String) } }),
    ])
  }
})

test('what nothing was found for is told of whole days, whatever part of them is asked for', async () => {
  const { sql, json } = registry
  await sql`insert into analytics_missed_searches (day, text, count) values ('2026-01-02', 'of that day', 7)`
  const missed = async (range: string) =>
    (await json<{ missed: unknown[] }>(`/v1/admin/analytics/searches?interval=hour&${range}`, 'admin')).missed
  expect(await missed('from=2026-01-02T22:00Z&to=2026-01-02T23:00Z')).toEqual([{ text: 'of that day', searches: 7 }])
  expect(await missed('from=2026-01-03&to=2026-01-03T01:00Z')).toEqual([])
  await sql`delete from analytics_missed_searches where text = 'of that day'`
})

test('texts that nothing was found for are no more than 10,000 a day, and what is beyond them is counted together', async () => {
  const { sql, collection, json } = registry
  await sql`insert into analytics_missed_searches (day, text, count)
    select (now() at time zone 'utc')::date, 'nonsense ' || n, 1 from generate_series((select count(*)::int from analytics_missed_searches), 9998) n`
  for (const text of ['left pad', 'a', 'b', 'b', 'c']) collection.searched({ text, total: 0 })
  await collection.flush()
  const { missed } = await json<{ missed: unknown[] }>('/v1/admin/analytics/searches?limit=3', 'admin')
  expect(missed).toEqual([
    { text: 'left pad', searches: 3 },
    { text: null, searches: 3 },
    { text: 'a', searches: 1 },
  ])
  await sql`update analytics_missed_searches set day = day - 9`
  await registry.rollUp.forget()
  expect(await sql`select text, count from analytics_missed_searches order by text`).toEqual([
    { text: '', count: 3 },
    { text: 'left pad', count: 3 },
  ])
})

test('CSV has the rows of the answer, and no cell is a formula', async () => {
  const { request, collection } = registry
  const url = '/v1/artifacts/ada/open/-/downloads/versions'
  const asked = [await request('GET', `${url}?as=csv`), await request('GET', url, { headers: { accept: 'text/csv' } })]
  for (const answer of asked) {
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(answer.body).toBe('version,downloads,installs,share\r\n1.0.0,3,1,0.75\r\n2.0.0,1,1,0.25\r\n')
  }
  for (const text of ['=cmd|"a",b', 'x,"y"']) collection.searched({ text, total: 0 })
  await collection.flush()
  const { body } = await request('GET', '/v1/admin/analytics/searches?as=csv', { as: 'admin' })
  expect(body).toContain('"\'=cmd|""a"",b",1\r\n')
  expect(body).toContain('"x,""y""",1\r\n')
})

test.each([
  ['interval=year', 'request.invalid'],
  ['from=yesterday', 'request.invalid'],
  ['from=2026-02-30', 'analytics.range_invalid'],
  ['from=2026-02-03&to=2026-02-03', 'analytics.range_invalid'],
  ['interval=minute&from=2026-01-01', 'analytics.range_invalid'],
  ['to=2999-12-31&interval=month', null],
  ['interval=minute&from=2020-01-01&to=2020-01-01T00:10Z', 'analytics.range_invalid'],
  ['interval=hour&from=2020-01-01&to=2020-01-02', 'analytics.range_invalid'],
  ['interval=day&from=2020-01-01&to=2020-01-02', null],
  ['from=2000-01-01&to=2999-12-31&interval=month', 'analytics.range_invalid'],
  ['format=rpm', 'request.invalid'],
  ['as=xml', 'request.invalid'],
])('downloads?%s is answered with %s', async (query, code) => {
  const answer = await registry.request('GET', `/v1/artifacts/ada/open/-/downloads?${query}`)
  expect([answer.statusCode, answer.json<{ code?: string }>().code ?? null]).toEqual([code === null ? 200 : 400, code])
})

test('versions and doors are told apart for a year at most, whose rows a popular artifact has millions of', async () => {
  for (const by of ['versions', 'doors', 'adoption']) {
    const url = `/v1/artifacts/ada/open/-/downloads/${by}?interval=week&from=2025-01-01`
    expect((await registry.request('GET', `${url}&to=2025-12-31`)).statusCode).toBe(200)
    const answer = await registry.request('GET', `${url}&to=2026-02-01`)
    expect([answer.statusCode, answer.json()]).toEqual([400, expect.objectContaining({ code: 'analytics.range_invalid' })])
  }
})

test('what everybody may see is kept for a minute by whoever passes it on', async () => {
  for (const path of ['downloads', 'downloads/versions', 'downloads/doors', 'downloads/adoption', 'downloads/trend'])
    for (const [as, kept] of [[undefined, 'public, max-age=60'] as const, ['ada', 'private, no-cache'] as const]) {
      const { headers } = await registry.request('GET', `/v1/artifacts/ada/open/-/${path}`, as === undefined ? {} : { as })
      expect(headers['cache-control'], path).toBe(kept)
    }
})

test.each(['/v1/analytics/top', '/v1/artifacts/ada/open/-/downloads/versions'])('who asks for %s again and again waits', async (url) => {
  const answers = await Promise.all(Array.from({ length: 121 }, () => registry.request('GET', url, { as: 'eve' })))
  expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200, 429]))
})

test('modules above read usage by id', async () => {
  const usage = registry.kernel.resolve(Usage)
  const [open, secret] = [versions['open1'], versions['secret']]
  const used = await usage.of([open?.artifactId ?? '', secret?.artifactId ?? ''], 30)
  expect(used.get(open?.artifactId ?? '')).toEqual({ downloads: 4, installs: 2, clientDays: 3, previousDownloads: 0 })
  expect(await usage.versions(open?.artifactId ?? '', 7)).toEqual([
    { versionId: open?.id, downloads: 3 },
    { versionId: versions['open2']?.id, downloads: 1 },
  ])
})
