import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RollUp } from '../../../src/modules/analytics/collection/roll-up.service.ts'
import { Collection } from '../../../src/modules/analytics/contract.ts'
import { daysOf, readPeriod } from '../../../src/modules/npm/downloads/period.ts'
import { openPackages, type Packages } from './open-packages.ts'

const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10)

let registry: Packages
beforeAll(async () => {
  registry = await openPackages()
  const { user, publish, sql, catalog, kernel } = registry
  const ada = await user('ada')
  await user('eve')
  for (const name of ['@ada/widget', '@ada/secret', 'left-pad', 'downloads']) await publish(ada, name, '1.0.0', '2.0.0')
  await sql`update namespaces set visibility = 'public' where name = 'ada'`
  await sql`update artifacts set visibility = 'private', rev = rev + 1 where name = 'secret'`
  const versions = await sql<{
    id: string
    artifactId: string
  }>`select v.id, a.id as "artifactId" from versions v join artifacts a on a.id = v.artifact_id`
  // Of each version one download today, two yesterday and three 40 days ago.
  for (const { day, times } of [
    { day: 40, times: 3 },
    { day: 1, times: 2 },
    { day: 0, times: 1 },
  ]) {
    for (let time = 0; time < times; time += 1) for (const version of versions) catalog.countDownload(version)
    await kernel.resolve(Collection).flush()
    await kernel.resolve(RollUp).run()
    await sql`update analytics_artifact_days set day = day - ${day}::int where day = (now() at time zone 'utc')::date`
  }
})
afterAll(() => registry[Symbol.asyncDispose]())

const get = async (path: string, as?: string) => registry.call('GET', `/downloads/${path}`, as ? { as } : {})

test.each(['left-pad', '@ada/widget', '@ada%2fwidget'])(
  'R17: downloads of %s in a period, as the public registry answers them',
  async (name) => {
    const shown = decodeURIComponent(name)
    const point = async (period: string) => (await get(`point/${period}/${name}`)).body
    expect(await point('last-day')).toEqual({ downloads: 4, start: dayAgo(1), end: dayAgo(1), package: shown })
    expect(await point('last-week')).toEqual({ downloads: 4, start: dayAgo(7), end: dayAgo(1), package: shown })
    expect(await point('last-month')).toMatchObject({ downloads: 4, start: dayAgo(30) })
    expect(await point('last-year')).toMatchObject({ downloads: 10, start: dayAgo(365) })
    expect(await point(dayAgo(0))).toMatchObject({ downloads: 2, start: dayAgo(0), end: dayAgo(0) })
    expect(await point(`${dayAgo(40)}:${dayAgo(2)}`)).toMatchObject({ downloads: 6 })
    // As shields asks for everything.
    expect(await point('1000-01-01:3000-01-01')).toEqual({ downloads: 12, start: dayAgo(548), end: dayAgo(0), package: shown })
  },
)

test('R17: each day of a period has its downloads, a day without any none', async () => {
  const { body } = await get('range/last-week/@ada/widget')
  const days = [7, 6, 5, 4, 3, 2, 1].map((ago) => ({ downloads: ago === 1 ? 4 : 0, day: dayAgo(ago) }))
  expect(body).toEqual({ downloads: days, start: dayAgo(7), end: dayAgo(1), package: '@ada/widget' })
  const all = (await get('range/1000-01-01:3000-01-01/left-pad')).body as { downloads: { downloads: number }[] }
  expect(all.downloads).toHaveLength(549)
  expect(all.downloads.reduce((sum, { downloads }) => sum + downloads, 0)).toBe(12)
})

test('a package may be called downloads', async () => {
  expect((await get('point/last-day/downloads')).body).toMatchObject({ downloads: 4, package: 'downloads' })
  expect((await registry.call('GET', '/downloads')).body).toMatchObject({ name: 'downloads' })
  expect((await registry.call('GET', '/downloads/1.0.0')).body).toMatchObject({ version: '1.0.0' })
})

test('P5: a private package has downloads for who may see it, and for others is as one that is not there', async () => {
  for (const route of ['point', 'range']) {
    expect((await get(`${route}/last-day/@ada/secret`, 'ada')).status).toBe(200)
    for (const as of [undefined, 'eve']) {
      const { status, body } = await get(`${route}/last-day/@ada/secret`, as)
      expect({ status, body }).toEqual(await get(`${route}/last-day/@ada/nothing`, as))
      expect(status).toBe(as ? 404 : 401)
    }
  }
})

test.each(['yesterday', 'constructor', '2026-02-30', '2026-01-02:2026-01-01', '2026-01-01:', '2026-01-01::', '0000-01-01', '3000-01-01'])(
  'a period %s is refused',
  async (period) => {
    const { status, body } = await get(`point/${period}/left-pad`)
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'npm.period_invalid' } })
  },
)

test('whatever days are asked for, what is answered is of them, has no gap, at most 549 days, and nothing that is to come', () => {
  const day = fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((at) => at.toISOString().slice(0, 10))
  const now = new Date('2026-11-27T08:00:00Z')
  fc.assert(
    fc.property(day, day, (one, other) => {
      const [from = '', to = ''] = [one, other].sort()
      fc.pre(from <= '2026-11-27')
      const period = readPeriod(`${from}:${to}`, now)
      const days = daysOf(period)
      expect([days[0], days.at(-1)]).toEqual([period.start, period.end])
      expect(period.end).toBe(to < '2026-11-27' ? to : '2026-11-27')
      expect(period.start >= from && days.length <= 549 && (days.length === 549 || period.start === from)).toBe(true)
      expect(new Set(days).size).toBe((Date.parse(period.end) - Date.parse(period.start)) / 86_400_000 + 1)
    }),
  )
})
