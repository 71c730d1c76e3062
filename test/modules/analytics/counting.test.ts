import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { MetadataSettings } from '../../../src/modules/metadata/metadata-settings.ts'
import { createTestHome } from '../../../src/shared/testing/start-test-kernel.ts'
import { type OpenAnalytics, openAnalytics, type SeriesAnswer } from './open-analytics.ts'

const path = '/v1/artifacts/ada/widget/-/downloads'
/** What metadata shows, by version and in all, and what analytics shows. */
async function numbers({ json, sql }: OpenAnalytics) {
  const [shown] = await sql<{ downloads: number; daily: number }>`select downloads,
    (select sum(c.count)::bigint from download_counts c join versions v on v.id = c.version_id where v.artifact_id = a.id) as daily
    from artifacts a where name = 'widget'`
  return [shown?.downloads, shown?.daily, (await json<SeriesAnswer>(path, 'ada')).downloads]
}

test('10,000 downloads over 8 parallel clients and two kernels are counted exactly, and 8 clients are told apart', async () => {
  await using home = await createTestHome()
  await using one = await openAnalytics({ home })
  await using two = await openAnalytics({ home })
  const version = await one.publish(await one.user('ada'), 'ada/widget')
  const contexts = [
    { door: 'oci', userAgent: 'npm/11' },
    ...[1, 2].flatMap(() => [
      { door: 'npm', userAgent: 'curl/8' },
      { door: 'npm', userAgent: 'npm/11' },
    ]),
  ]
  const client = async (number: number) => {
    const { download, collection } = [one, two][number % 2] ?? one
    for (let round = 0; round < 250; round += 1) {
      for (const context of contexts) download(version, { ip: `203.0.113.${number}`, ...context })
      // In the middle of a flush, as it happens.
      if (round % 80 === number) void collection.flush()
      if (round % 10 === 0) await new Promise(setImmediate)
    }
  }
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(client))
  await Promise.all([one.settle(), two.settle()])
  await Promise.all([one.rollUp.run(), two.rollUp.run()])
  expect(await numbers(one)).toEqual([10_000, 10_000, 10_000])
  const { items } = await two.json<SeriesAnswer>(path, 'ada')
  expect(items.at(-1)).toMatchObject({ downloads: 10_000, installs: 4_000, clientDays: 8, publishes: 1 })
})

test('a stop loses nothing, and a new process knows the clients of the day', async () => {
  await using home = await createTestHome()
  {
    await using registry = await openAnalytics({ home })
    const version = await registry.publish(await registry.user('ada'), 'ada/widget')
    for (let at = 0; at < 7; at += 1) registry.download(version)
  }
  await using registry = await openAnalytics({ home })
  const [version] = await registry.sql<{ id: string; artifactId: string }>`select id, artifact_id as "artifactId" from versions`
  if (version) registry.download(version)
  await registry.settle()
  expect(await numbers(registry)).toEqual([8, 8, 8])
  expect((await registry.json<SeriesAnswer>(path, 'ada')).items.at(-1)).toMatchObject({ clientDays: 1 })
})

test('what could not be written is written later, to the minute in which it happened, and metadata and analytics agree', async () => {
  await using registry = await openAnalytics()
  const { user, publish, download, collection, sql, settle, kernel } = registry
  const version = await publish(await user('ada'), 'ada/widget')
  await sql`alter table analytics_traffic rename to away`
  collection.searched({ text: 'left', total: 1 })
  download(version)
  await expect(collection.flush()).rejects.toThrow(/analytics_traffic/)
  // All or nothing: the counts of the version were part of the same transaction.
  expect(await sql`select downloads from artifacts`).toEqual([{ downloads: 0 }])
  download(version, { ip: '203.0.113.8' })
  await sql`alter table away rename to analytics_traffic`
  await settle()
  expect(await numbers(registry)).toEqual([2, 2, 2])
  expect(await sql`select kind, outcome, count from analytics_traffic where kind = 'search'`).toEqual([
    { kind: 'search', outcome: 'found', count: 1 },
  ])
  expect(kernel.log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0)
})

test('of a flush of many versions what is written first is durable before the last, and is not written again when that fails', async () => {
  await using registry = await openAnalytics()
  const { user, publish, download, collection, sql, settle } = registry
  const { artifactId } = await publish(await user('ada'), 'ada/widget')
  const ids = [...Array.from({ length: 4_499 }, () => randomUUID()), 'ffffffff-ffff-4fff-bfff-ffffffffffff']
  await sql`insert into versions select (jsonb_populate_record(v, jsonb_build_object('id', t.id, 'version', '2.0.' || n, 'sort_key', v.sort_key || n))).*
    from versions v, unnest(${ids}::uuid[]) with ordinality as t (id, n)`
  await sql`alter table analytics_pending add constraint not_yet check (version_id <> 'ffffffff-ffff-4fff-bfff-ffffffffffff')`
  for (const id of ids) download({ id, artifactId })
  await expect(collection.flush()).rejects.toThrow(/not_yet/)
  // In metadata and in analytics, in the same transactions.
  expect(await sql`select downloads from artifacts`).toEqual([{ downloads: 4_000 }])
  await sql`alter table analytics_pending drop constraint not_yet`
  await settle()
  expect(await numbers(registry)).toEqual([4_500, 4_500, 4_500])
})

test('whatever is configured, a count waits for its flush no longer than half a second', () => {
  expect(MetadataSettings.properties.downloadFlushMs).toMatchObject({ default: 500, maximum: 500 })
})

test('counting is synchronous and takes microseconds', async () => {
  await using registry = await openAnalytics()
  const version = await registry.publish(await registry.user('ada'), 'ada/widget')
  for (let at = 0; at < 2_000; at += 1) registry.download(version)
  const began = performance.now()
  for (let at = 0; at < 10_000; at += 1) registry.download(version)
  const each = ((performance.now() - began) / 10_000) * 1_000
  expect(each).toBeLessThan(50)
  await registry.settle()
  expect(await registry.sql`select count(*) from analytics_minutes`).toEqual([{ count: expect.toSatisfy((rows: number) => rows <= 2) }])
})
