import { expect, test } from 'vitest'
import { createTestHome } from '../../../src/shared/testing/start-test-kernel.ts'
import { openRegistry } from './open-registry.ts'

const totals = ({ sql }: Awaited<ReturnType<typeof openRegistry>>) =>
  sql<{ name: string; downloads: number; counted: number }>`select a.name, a.downloads, coalesce(sum(c.count), 0)::bigint as counted
    from artifacts a join versions v on v.artifact_id = a.id left join download_counts c on c.version_id = v.id group by a.id order by a.name`

test('downloads are in the database within a second and a bit', async () => {
  await using registry = await openRegistry()
  const { user, publish, catalog } = registry
  const ada = await user('ada')
  const [one, two, other] = [
    await publish(ada, 'ada/widget'),
    await publish(ada, 'ada/widget', { version: '2.0.0' }),
    await publish(ada, 'ada/gadget'),
  ]
  for (let at = 0; at < 1_000; at += 1) {
    catalog.countDownload(one)
    if (at % 10 === 0) catalog.countDownload(two)
  }
  catalog.countDownload(other)
  const expected = [
    { name: 'gadget', downloads: 1, counted: 1 },
    { name: 'widget', downloads: 1_100, counted: 1_100 },
  ]
  await expect.poll(() => totals(registry), { timeout: 2_000 }).toEqual(expected)
  expect(
    await registry.sql`select v.version, c.count, c.day = (now() at time zone 'utc')::date as today
    from download_counts c join versions v on v.id = c.version_id join artifacts a on a.id = v.artifact_id where a.name = 'widget' order by 1`,
  ).toEqual([
    { version: '1.0.0', count: 1_000, today: true },
    { version: '2.0.0', count: 100, today: true },
  ])
})

test('a stop loses no download', async () => {
  await using home = await createTestHome()
  {
    await using registry = await openRegistry({ home })
    const version = await registry.publish(await registry.user('ada'), 'ada/widget')
    for (let at = 0; at < 7; at += 1) registry.catalog.countDownload(version)
  }
  await using registry = await openRegistry({ home })
  expect(await totals(registry)).toEqual([{ name: 'widget', downloads: 7, counted: 7 }])
})

test('what could not be written is written later', async () => {
  await using registry = await openRegistry()
  const { user, publish, catalog, sql } = registry
  const version = await publish(await user('ada'), 'ada/widget')
  await sql`alter table download_counts rename to download_counts_away`
  catalog.countDownload(version)
  await new Promise((resolve) => setTimeout(resolve, 1_300))
  await sql`alter table download_counts_away rename to download_counts`
  catalog.countDownload(version)
  await expect.poll(() => totals(registry), { timeout: 3_000 }).toEqual([{ name: 'widget', downloads: 2, counted: 2 }])
})
