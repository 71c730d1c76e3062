import { sql as fragment } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeClients } from '../../../src/modules/analytics/collection/closing.queries.ts'
import { DayClosing } from '../../../src/modules/analytics/collection/day-closing.ts'
import { Usage } from '../../../src/modules/analytics/contract.ts'
import { AnalyticsSettings } from '../../../src/modules/analytics/settings.ts'
import type { Version } from '../../../src/modules/metadata/contract.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { type OpenAnalytics, openAnalytics } from './open-analytics.ts'

let registry: OpenAnalytics
let one: Version
let two: Version
const address = '198.51.100.23'
const table = (name: string) => fragment.table(name)

beforeAll(async () => {
  registry = await openAnalytics({ settings: { analytics: { eventDays: 10, hourlyDays: 61 } } })
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
  const ages = [0, 9, 12, 59, 63, 400]
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

test('the least that is kept by the hour is all that a trend of a month compares with', async () => {
  const { json, sql, rollUp } = registry
  expect(AnalyticsSettings.properties.hourlyDays.minimum).toBe(61)
  const three = await registry.publish(await registry.user('bea'), 'bea/three')
  await sql`insert into analytics_hours (artifact_id, hour, version_id, kind, door, count)
    select ${three.artifactId}::uuid, date_trunc('hour', now()) + interval '1 hour' - back * interval '1 hour', ${three.id}::uuid, 'download', 'rest', count
    from (values (1, 3), (720, 1), (721, 1), (1440, 1), (1441, 8)) as t (back, count)`
  await rollUp.forget()
  const trend = await json('/v1/artifacts/bea/three/-/downloads/trend?period=month', 'bea')
  expect(trend).toMatchObject({ current: { downloads: 4 }, previous: { downloads: 2 }, change: 1 })
})

test('a day closes by rows: who takes more artifacts than a slice has rows does not hold it up, and says nothing about what belongs together', async () => {
  const { sql, kernel } = registry
  const copied = await sql<{ artifactId: string }>`insert into artifacts (id, namespace_id, name, format, type)
    select gen_random_uuid(), (select namespace_id from artifacts where id = ${one.artifactId}::uuid), 'copied-' || n, 'generic', 'module-binary'
    from generate_series(1, 200) n returning id as "artifactId"`
  const ids = copied.map(({ artifactId }) => artifactId)
  const [yesterday] = await sql<{ day: string }>`select ((now() at time zone 'utc')::date - 1)::text as day`
  const day = yesterday?.day ?? ''
  await sql`insert into analytics_clients (day, client, artifact_id)
    select ${day}::date, '\\x02'::bytea, id from unnest(${ids}::uuid[]) as t (id)
    union all select ${day}::date, client, id from unnest(${[one.artifactId, two.artifactId]}::uuid[]) as t (id), (values ('\\x01'::bytea), ('\\x03'::bytea)) as c (client)`
  const [before] = await kernel.resolve(Usage).together(one.artifactId, { limit: 10, minClients: 1 })
  const slices: number[] = []
  const { run } = kernel.resolve(Transaction)
  do slices.push(await run(() => closeClients(kernel.resolve(Database), day, 100)))
  while (slices.at(-1) === 100)
  expect(slices).toEqual([100, 100, 100, 100, 55])
  expect(await sql`select count(*) from analytics_clients where day = ${day}::date`).toEqual([{ count: 0 }])
  for (const id of [ids[0], ids.at(-1)]) expect(await kernel.resolve(Usage).together(id ?? '', { limit: 10, minClients: 1 })).toEqual([])
  expect(await kernel.resolve(Usage).together(one.artifactId, { limit: 10, minClients: 1 })).toEqual([
    { artifactId: two.artifactId, clientDays: (before?.clientDays ?? 0) + 2 },
  ])
})

test('of what was taken together on a day each artifact keeps its 50 most frequent partners', async () => {
  const { sql, kernel } = registry
  await sql`insert into analytics_together (artifact_id, other_id, day, clients)
    select ${two.artifactId}::uuid, id, (now() at time zone 'utc')::date - 3, 10 + right(name, 2)::int % 2 from artifacts where name like 'copied-1__'`
  await new DayClosing({ database: kernel.resolve(Database), transaction: kernel.resolve(Transaction) }).dropFewTogether()
  const kept = await kernel.resolve(Usage).together(two.artifactId, { limit: 200, minClients: 1 })
  expect(kept.filter(({ artifactId }) => artifactId !== one.artifactId).map(({ clientDays }) => clientDays)).toEqual(Array(50).fill(11))
})

test('a day that cannot be closed keeps neither standings nor retention from their work', async () => {
  const { sql, rollUp } = registry
  await sql`insert into analytics_clients (day, client, artifact_id)
    select (now() at time zone 'utc')::date - 1, '\\x01'::bytea, id from unnest(${[one.artifactId, two.artifactId]}::uuid[]) as t (id)`
  await sql`insert into analytics_traffic (hour, kind, door, outcome, count) values (now() - interval '99 days', 'request', 'rest', '2xx', 1)`
  await sql`update analytics_standings set day = day - 1`
  await sql`alter table analytics_together rename to away`
  await expect(rollUp.forget()).rejects.toThrow(/analytics_together/)
  await sql`alter table away rename to analytics_together`
  expect(await sql`select count(*) from analytics_standings where day < (now() at time zone 'utc')::date`).toEqual([{ count: 0 }])
  expect(await sql`select count(*) from analytics_traffic where hour < now() - interval '90 days'`).toEqual([{ count: 0 }])
  await rollUp.forget()
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

test('what metadata counted before there was analytics is taken over once, and nothing is counted twice', async () => {
  const { sql, rollUp, kernel } = registry
  await sql`truncate analytics_days, analytics_artifact_days, analytics_standings, download_counts`
  await sql`insert into download_counts (version_id, day, count) select ${two.id}::uuid, (now() at time zone 'utc')::date - age, 10 from generate_series(0, 4) age`
  // Analytics began three days ago and has counted part of that day, and since then everything.
  await sql`insert into analytics_days (artifact_id, day, version_id, kind, door, count)
    select ${two.artifactId}::uuid, (now() at time zone 'utc')::date - age, ${two.id}::uuid, 'download', 'npm', case age when 3 then 4 else 10 end from generate_series(0, 3) age`
  await sql`insert into analytics_artifact_days (artifact_id, day, downloads, installs, clients)
    select artifact_id, day, count, 0, 0 from analytics_days`
  await sql`insert into analytics_days_before (until, after) values ((now() at time zone 'utc')::date - 3, '00000000-0000-0000-0000-000000000000')`
  await Promise.all([rollUp.forget(), rollUp.forget()])
  await rollUp.forget()
  expect((await kernel.resolve(Usage).of([two.artifactId], 30)).get(two.artifactId)?.downloads).toBe(50)
  expect(await sql`select sum(count)::int as count, count(*) filter (where door = 'unknown') as unknown from analytics_days`).toEqual([
    { count: 50, unknown: 2 },
  ])
  expect(await sql`select days_30 from analytics_standings where artifact_id = ${two.artifactId}::uuid`).toEqual([{ days_30: 50 }])
  expect(await sql`select count(*) from analytics_days_before`).toEqual([{ count: 0 }])
})
