import { sql as fragment } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Usage } from '../../../src/modules/analytics/contract.ts'
import type { Version } from '../../../src/modules/metadata/contract.ts'
import { type OpenAnalytics, openAnalytics } from './open-analytics.ts'

let registry: OpenAnalytics
let one: Version
let two: Version
const address = '198.51.100.23'
const table = (name: string) => fragment.table(name)

beforeAll(async () => {
  registry = await openAnalytics({ settings: { analytics: { eventDays: 10, hourlyDays: 31 } } })
  const ada = await registry.user('ada')
  one = await registry.publish(ada, 'ada/one')
  two = await registry.publish(ada, 'ada/two')
})
afterAll(() => registry[Symbol.asyncDispose]())

test('no address and no name of a client is in any table of analytics', async () => {
  const { download, settle, sql } = registry
  for (const version of [one, two]) download(version, { ip: address })
  download(one, { ip: '2001:db8:1:2:3:4:5:6' })
  download(one, { actor: 'somebody-with-a-name', ip: address })
  await settle()
  const names = await sql<{ name: string }>`select tablename as name from pg_tables where tablename like 'analytics%'`
  expect(names.length).toBeGreaterThan(8)
  for (const { name } of names) {
    const [row] = await sql<{ text: string }>`select coalesce(string_agg(t::text, ' '), '') as text from ${table(name)} t`
    for (const trace of [address, '2001:db8', 'somebody', Buffer.from(address).toString('hex'), Buffer.from('somebody').toString('hex')])
      expect(row?.text, name).not.toContain(trace)
  }
  // An account, and two networks.
  expect(await sql`select count(distinct client) from analytics_clients`).toEqual([{ count: 3 }])
})

test('with its day a salt goes, and of its clients only what they took together stays', async () => {
  const { sql, rollUp, kernel } = registry
  await rollUp.forget()
  expect(await sql`select count(*) from analytics_clients`).toEqual([{ count: 4 }])
  for (const name of ['analytics_salts', 'analytics_clients']) await sql`update ${table(name)} set day = day - 1`
  await Promise.all([rollUp.forget(), rollUp.forget()])
  await rollUp.forget()
  expect(await sql`select count(*) from analytics_clients`).toEqual([{ count: 0 }])
  expect(await sql`select count(*) from analytics_salts`).toEqual([{ count: 0 }])
  const usage = kernel.resolve(Usage)
  expect(await usage.together(one.artifactId, { limit: 10, minClients: 1 })).toEqual([{ artifactId: two.artifactId, clientDays: 1 }])
  expect(await usage.together(two.artifactId, { limit: 10, minClients: 1 })).toEqual([{ artifactId: one.artifactId, clientDays: 1 }])
})

test('minutes and hours are dropped when they are old, days stay', async () => {
  const { sql, rollUp } = registry
  const ages = [0, 9, 12, 30, 33, 400]
  await sql`insert into analytics_pending (at, artifact_id, version_id, kind, door, count)
    select now() - age * interval '1 day', ${two.artifactId}::uuid, ${two.id}::uuid, 'download', 'rest', 1 from unnest(${ages}::int[]) as t (age)`
  await rollUp.run()
  await rollUp.forget()
  const rows = (name: string) =>
    sql<{ count: number }>`select count(*) from ${table(name)} where artifact_id = ${two.artifactId}::uuid`.then(([row]) => row?.count)
  const [minutes, hours, days] = [await rows('analytics_minutes'), await rows('analytics_hours'), await rows('analytics_days')]
  // The first test downloaded it once today.
  expect([minutes, hours, days]).toEqual([
    expect.toSatisfy((count) => count === 2 || count === 3),
    expect.toSatisfy((count) => count === 4 || count === 5),
    6,
  ])
})

test('who takes very many artifacts on a day says nothing about what belongs together', async () => {
  const { sql, rollUp, kernel } = registry
  const copied = await sql<{ artifactId: string }>`insert into artifacts (id, namespace_id, name, format, type)
    select gen_random_uuid(), (select namespace_id from artifacts where id = ${one.artifactId}::uuid), 'copied-' || n, 'generic', 'module-binary'
    from generate_series(1, 51) n returning id as "artifactId"`
  await sql`insert into analytics_clients (day, client, artifact_id)
    select (now() at time zone 'utc')::date - 1, '\\x01'::bytea, id from unnest(${copied.map(({ artifactId }) => artifactId)}::uuid[]) as t (id)`
  await rollUp.forget()
  expect(await kernel.resolve(Usage).together(copied[0]?.artifactId ?? '', { limit: 10, minClients: 1 })).toEqual([])
  expect(await sql`select count(*) from analytics_clients where day < (now() at time zone 'utc')::date`).toEqual([{ count: 0 }])
})

test('after midnight whoever is most downloaded is so without the day that left the window', async () => {
  const { sql, rollUp, json } = registry
  await sql`insert into analytics_pending (at, artifact_id, version_id, kind, door, count)
    select now() - age * interval '1 day', ${one.artifactId}::uuid, ${one.id}::uuid, 'download', 'rest', count
    from unnest(${[0, 6, 29]}::int[], ${[1, 10, 100]}::int[]) as t (age, count)`
  await rollUp.run()
  const downloads = async (window: string) => {
    const { items } = await json<{ items: { name: string; downloads: number }[] }>(`/v1/analytics/top?window=${window}`, 'ada')
    return items.find(({ name }) => name === 'one')?.downloads
  }
  const before = [await downloads('day'), await downloads('week'), await downloads('month')]
  // A day later, all of it is a day older.
  await sql`update analytics_artifact_days set day = day - 1 where artifact_id = ${one.artifactId}::uuid`
  await sql`update analytics_standings set day = day - 1`
  await rollUp.forget()
  // Three of today are from the first test.
  expect([before, [await downloads('day'), await downloads('week'), await downloads('month')]]).toEqual([
    [4, 14, 114],
    [undefined, 4, 14],
  ])
})
