import { afterAll, beforeAll, expect, test } from 'vitest'
import auth from '../../../src/modules/auth/module.ts'
import type { Version } from '../../../src/modules/metadata/contract.ts'
import metadata from '../../../src/modules/metadata/module.ts'
import { Metering } from '../../../src/modules/metering/contract.ts'
import { RecordUpkeep } from '../../../src/modules/metering/metering.service.ts'
import metering from '../../../src/modules/metering/module.ts'
import { readTotals } from '../../../src/modules/metering/totals.queries.ts'
import type { Database } from '../../../src/shared/kernel/database.ts'
import { withRequestContext } from '../../../src/shared/kernel/request-context.ts'
import { openRegistry, type Registry } from '../metadata/open-registry.ts'

let registry: Registry
const versions: Version[] = []
beforeAll(async () => {
  registry = await openRegistry({ modules: [auth, metadata, metering] })
  const [ann] = [await registry.user('ann'), await registry.user('bob')]
  for (const name of ['tool', 'model'])
    for (const version of ['1.0.0', '1.1.0']) versions.push(await registry.publish(ann, `ann/${name}`, { version }))
})
afterAll(() => registry[Symbol.asyncDispose]())

const hourMs = 3_600_000
const hour = (back: number): string => new Date(Math.floor(Date.now() / hourMs) * hourMs - back * hourMs).toISOString()
const report = async (records: readonly object[]) => {
  const body = {
    records: records.map((one, index) => ({
      id: `r${index}`,
      metric: 'execution-time',
      subject: { kind: 'customer', id: '=cus' },
      ...one,
    })),
  }
  const answer = await registry.request('POST', '/v1/usage', { as: 'ann', body })
  expect(
    answer.json().results.every(({ outcome }: { outcome: string }) => outcome === 'accepted'),
    answer.body,
  ).toBe(true)
}
const usage = (query: string, as: string | undefined = 'ann') => registry.request('GET', `/v1/usage/ann?${query}`, { as })
interface Item {
  readonly period: string
  readonly quantity: number
  readonly [member: string]: unknown
}
const items = async (query: string): Promise<Item[]> => {
  const answer = await usage(query)
  expect(answer.statusCode, answer.body).toBe(200)
  return answer.json<{ items: Item[] }>().items
}
const clear = () => registry.sql`with gone as (delete from metering_records) delete from metering_hours`
const span = (from: number, to: number) => `from=${hour(from)}&to=${hour(to)}`
const download = (version: Version | undefined, actor: string | null) =>
  withRequestContext({ requestId: 'r', trace: null, actor, ip: null }, () => version && registry.catalog.countDownload(version))

test('Q155 downloads become usage by themselves: by version, account and hour, those of strangers together', async () => {
  await clear()
  const [tool, newTool] = versions
  for (let turn = 0; turn < 40; turn += 1) download(tool, turn % 4 === 0 ? 'bob' : null)
  download(newTool, 'ann')
  await registry.kernel.resolve(Metering).flush()
  for (let turn = 0; turn < 2; turn += 1) download(tool, 'bob')
  await registry.kernel.resolve(Metering).flush()
  const found = await items(`${span(1, -1)}&interval=day&by=version,subject`)
  expect(found.map(({ version, subject, quantity, unit }) => [version, subject, quantity, unit])).toEqual([
    ['1.0.0', { kind: 'account', id: 'bob' }, 12, 'downloads'],
    ['1.0.0', { kind: 'anonymous', id: '' }, 30, 'downloads'],
    ['1.1.0', { kind: 'account', id: 'ann' }, 1, 'downloads'],
  ])
  const sums = await registry.kernel.resolve(Metering).sums({ from: hour(1), to: hour(-1), metric: 'downloads', limit: 10 })
  expect(sums.map(({ subject, quantity }) => [subject.id, quantity])).toEqual([
    ['ann', 1],
    ['bob', 12],
    ['', 30],
  ])
})

test('of many accounts the downloads are written in slices, and none is counted twice when the last fails', async () => {
  await clear()
  await registry.sql`alter table metering_hours add constraint not_yet check (subject <> 'account-4000')`
  for (let account = 0; account < 4_100; account += 1) download(versions[0], `account-${account}`)
  await expect(registry.kernel.resolve(Metering).flush()).rejects.toThrow(/not_yet/)
  const metered = () => registry.sql`select sum(quantity)::integer as downloads, count(*) as rows from metering_hours`
  expect(await metered()).toEqual([{ downloads: 4_000, rows: 4_000 }])
  await registry.sql`alter table metering_hours drop constraint not_yet`
  await registry.kernel.resolve(Metering).flush()
  expect(await metered()).toEqual([{ downloads: 4_100, rows: 4_100 }])
})

test('a download that is counted after its hour was closed goes to the first open hour', async () => {
  await clear()
  const service = registry.kernel.resolve(Metering)
  await registry.sql`update metering_closing set closed_until = ${hour(-3)}::timestamptz`
  download(versions[0], 'bob')
  await service.flush()
  expect((await items(`${span(1, -5)}&interval=hour`)).map(({ period, quantity }) => [period, quantity])).toEqual([
    [hour(-3).replace('.000', ''), 1],
  ])
  await registry.sql`update metering_closing set closed_until = '-infinity'`
})

test('Q090 totals are told by what is asked for, and add up to the same whichever way', async () => {
  await clear()
  const of = (name: string, version?: string) => ({ artifact: { namespace: 'ann', name, ...(version && { version }) } })
  await report([
    { ...of('tool', '1.0.0'), quantity: 10, at: hour(2) },
    { ...of('tool', '1.1.0'), quantity: 20, at: hour(2) },
    { ...of('tool'), quantity: 40, at: hour(1), subject: { kind: 'namespace', id: 'acme' } },
    { ...of('model', '1.0.0'), quantity: 80, at: hour(1), metric: 'inference-time' },
  ])
  const by = async (query: string) =>
    (await items(`${span(3, 0)}&${query}`)).map(({ quantity, period: _, unit: _unit, ...told }) => [told, quantity])
  const [execution, inference] = [{ metric: 'execution-time' }, { metric: 'inference-time' }]
  const tool = { artifact: 'tool', format: 'generic' }
  expect(await by('by=none')).toEqual([
    [execution, 70],
    [inference, 80],
  ])
  expect(await by('')).toEqual([
    [{ ...execution, ...tool }, 70],
    [{ ...inference, ...tool, artifact: 'model' }, 80],
  ])
  expect(await by('artifact=tool&by=version')).toEqual([
    [{ ...execution, ...tool }, 40],
    [{ ...execution, ...tool, version: '1.0.0' }, 10],
    [{ ...execution, ...tool, version: '1.1.0' }, 20],
  ])
  expect(await by('by=subject&metric=execution-time')).toEqual([
    [{ ...execution, subject: { kind: 'customer', id: '=cus' } }, 30],
    [{ ...execution, subject: { kind: 'namespace', id: 'acme' } }, 40],
  ])
  expect(await by('by=none&subject=acme')).toEqual([[execution, 40]])
  const hours = await items(`${span(3, 0)}&interval=hour&by=none&metric=execution-time`)
  expect(hours.map(({ period, quantity }) => [Date.parse(period), quantity])).toEqual([
    [Date.parse(hour(2)), 30],
    [Date.parse(hour(1)), 40],
  ])
  expect(await items('from=1999-01-01&to=1999-02-01')).toEqual([])
})

test('Q090 pages of totals are the list, nothing twice and nothing missing, in CSV as in JSON', async () => {
  await clear()
  await report(
    Array.from({ length: 60 }, (_, index) => ({
      ...{ quantity: index + 1, at: hour(1 + (index % 3)) },
      ...{ artifact: { namespace: 'ann', name: index % 2 === 0 ? 'tool' : 'model' }, subject: { kind: 'customer', id: `c${index % 7}` } },
    })),
  )
  const query = `${span(5, 0)}&interval=hour&by=artifact,subject`
  const whole = await items(`${query}&limit=1000`)
  const paged: Item[] = []
  let cursor = ''
  do {
    const page = (await usage(`${query}&limit=7${cursor}`)).json<{ items: Item[]; nextCursor: string | null }>()
    paged.push(...page.items)
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
  } while (cursor !== '')
  expect(paged).toEqual(whole)
  expect(paged.reduce((sum, { quantity }) => sum + quantity, 0)).toBe((60 * 61) / 2)
  const csv = await usage(`${query}&as=csv&limit=7`)
  expect(csv.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8', 'x-next-cursor': expect.any(String) })
  const [header, first = '', ...others] = csv.body.trimEnd().split('\r\n')
  expect(header).toBe('period,metric,unit,artifact,format,version,subjectKind,subject,quantity')
  expect(first.split(',')[0]).toBe(whole[0]?.period)
  expect(others).toHaveLength(6)
})

test('who manages an artifact, and not its namespace, sees what that artifact was used', async () => {
  await clear()
  await report([
    { artifact: { namespace: 'ann', name: 'tool' }, quantity: 3, at: hour(0) },
    { artifact: { namespace: 'ann', name: 'model' }, quantity: 5, at: hour(0) },
  ])
  const ask = (name: string, as: string) => registry.request('GET', `/v1/artifacts/ann/${name}/-/usage?interval=day`, { as })
  expect((await ask('tool', 'bob')).statusCode).toBe(404)
  const grant = await registry.request('PUT', '/v1/artifacts/ann/tool/-/grants/user/bob', { as: 'ann', body: { role: 'admin' } })
  expect(grant.statusCode, grant.body).toBeLessThan(300)
  expect((await ask('tool', 'bob')).json()).toMatchObject({ items: [{ artifact: 'tool', quantity: 3 }] })
  expect((await ask('tool', 'ann')).json()).toMatchObject({ items: [{ artifact: 'tool', quantity: 3 }] })
  expect((await ask('model', 'bob')).statusCode).toBe(404)
  expect((await usage('by=artifact', 'bob')).statusCode).toBe(404)
  await registry.request('DELETE', '/v1/artifacts/ann/tool/-/grants/user/bob', { as: 'ann' })
})

test('the usage of one artifact is read from its own hours, however many others its namespace has', async () => {
  await clear()
  const { sql } = registry
  const [tool] = await sql<{ id: string; namespaceId: string }>`insert into artifacts (id, namespace_id, name, format, type)
    select gen_random_uuid(), a.namespace_id, 'other-' || n, 'generic', 'module-binary' from artifacts a, generate_series(1, 100) n
    where a.id = ${versions[0]?.artifactId}::uuid returning id, namespace_id as "namespaceId"`
  await sql`insert into metering_hours (namespace_id, hour, artifact_id, metric, version, subject_kind, subject, quantity)
    select a.namespace_id, ${hour(0)}::timestamptz - n * interval '1 hour', a.id, 'downloads', '1.0.0', 'anonymous', '', 1
    from artifacts a, generate_series(1, 100) n`
  await sql`analyze metering_hours, artifacts`
  const explaining = {
    async sql(text: TemplateStringsArray, ...values: readonly unknown[]) {
      const [begin = '', ...others] = text
      const plan = await sql<object>(Object.assign([`explain ${begin}`, ...others], { raw: text.raw }), ...values)
      return plan.flatMap((row) => Object.values(row))
    },
  } as unknown as Database
  const of = {
    namespaceId: tool?.namespaceId ?? '',
    artifactId: tool?.id,
    from: hour(100),
    to: hour(0),
    interval: 'day',
    limit: 10,
  } as const
  const about = { metric: undefined, name: undefined, format: undefined, subject: undefined, after: undefined, by: new Set<never>() }
  expect((await readTotals(explaining, { ...of, ...about })).join('\n')).toContain('metering_hours_artifact_id_hour_index')
  await clear()
  await sql`delete from artifacts where name like 'other-%'`
})

test('usage is CSV for whoever accepts that, and is kept by nobody in between', async () => {
  const accepted = await registry.request('GET', '/v1/usage/ann', { as: 'ann', headers: { accept: 'text/csv' } })
  expect(accepted.headers).toMatchObject({ 'content-type': 'text/csv; charset=utf-8', 'cache-control': 'private, no-cache' })
  expect((await usage('by=artifact')).headers).toMatchObject({ 'cache-control': 'private, no-cache', vary: 'accept, authorization' })
})

test('a subject that looks like a formula is text in CSV', async () => {
  await clear()
  await report([{ artifact: { namespace: 'ann', name: 'tool' }, quantity: 1, at: hour(0) }])
  expect((await usage('by=subject&as=csv')).body).toContain(",'=cus,1")
})

test('what a namespace was used is for those who manage it', async () => {
  expect((await usage('', 'bob')).statusCode).toBe(404)
  expect((await registry.request('GET', '/v1/usage/nobody', { as: 'bob' })).statusCode).toBe(404)
  expect((await registry.request('GET', '/v1/usage/ann')).statusCode).toBe(401)
  await registry.request('PUT', '/v1/namespaces/ann/members/bob', { as: 'ann', body: { role: 'write' } })
  expect((await usage('', 'bob')).statusCode).toBe(403)
  const token = await registry.request('POST', '/v1/tokens', { as: 'ann', body: { name: 'publisher', scopes: ['publish'] } })
  const headers = { authorization: `Bearer ${token.json().token}` }
  expect((await registry.request('GET', '/v1/usage/ann', { headers })).statusCode).toBe(403)
})

test.each([
  ['a range that ends before it begins', 'from=2026-11-02&to=2026-11-01', 'metering.range_invalid'],
  ['a range too long for hours', 'from=2026-01-01&to=2026-02-02&interval=hour', 'metering.range_invalid'],
  ['a range too long for days', 'from=2024-01-01&to=2026-01-01&interval=day', 'metering.range_invalid'],
  ['a day no calendar has', 'from=2026-02-30&to=2026-03-02', 'metering.range_invalid'],
  ['a year nobody means', 'from=0001-01-01&to=2026-03-02', 'metering.range_invalid'],
  ['a last year without a next', 'from=9999-12-31T23:30:00Z&to=9999-12-31T23:59:59Z', 'metering.range_invalid'],
  ['a cursor of something else', 'cursor=WzFd', 'metering.cursor_invalid'],
  ['an interval nobody knows', 'interval=week', 'request.invalid'],
  ['a dimension nobody knows', 'by=region', 'request.invalid'],
  ['too many rows', 'limit=1001', 'request.invalid'],
])('%s is a 400', async (_what, query, code) => {
  const answer = await usage(query)
  expect(answer.json()).toMatchObject({ status: 400, code })
})

test('single records are dropped when they are old, and what they add up to stays', async () => {
  await clear()
  await report([
    { artifact: { namespace: 'ann', name: 'tool' }, quantity: 5, at: hour(0) },
    { artifact: { namespace: 'ann', name: 'tool' }, quantity: 6, at: hour(0) },
  ])
  await registry.sql`update metering_records set received_at = now() - interval '401 days' where key = 'r0'`
  await registry.kernel.resolve(RecordUpkeep).dropOld(new AbortController().signal)
  expect(await registry.sql`select key from metering_records`).toEqual([{ key: 'r1' }])
  expect((await items('by=none')).map(({ quantity }) => quantity)).toEqual([11])
})
