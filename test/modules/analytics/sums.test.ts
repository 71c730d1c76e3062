import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type OpenAnalytics, openAnalytics, type SeriesAnswer } from './open-analytics.ts'

let registry: OpenAnalytics
let owner: Awaited<ReturnType<OpenAnalytics['user']>>
let artifacts = 0

beforeAll(async () => {
  registry = await openAnalytics()
  owner = await registry.user('ada')
})
afterAll(() => registry[Symbol.asyncDispose]())

/** Ten days, in the middle of two months and of weeks. */
const firstMs = Date.UTC(2026, 8, 25)
const event = fc.record({
  minutes: fc.integer({ min: 0, max: 10 * 1_440 - 1 }),
  version: fc.nat(2),
  kind: fc.constantFrom('download', 'install', 'client'),
  door: fc.constantFrom('npm', 'oci', 'rest'),
  count: fc.integer({ min: 1, max: 1_000 }),
})
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never

async function publishThree(): Promise<{ readonly name: string; readonly artifactId: string; readonly ids: readonly string[] }> {
  artifacts += 1
  const name = `sums-${artifacts}`
  const target = { namespace: 'ada', format: 'generic', type: 'module-binary', visibility: 'public' } as const
  const versions = []
  for (const version of ['1.0.0', '2.0.0', '3.0.0']) versions.push(await registry.publish(owner, { ...target, name }, { version }))
  return { name, artifactId: versions[0]?.artifactId ?? '', ids: versions.map(({ id }) => id) }
}

async function append(events: readonly Event[], { artifactId, ids }: Awaited<ReturnType<typeof publishThree>>): Promise<void> {
  await registry.sql`insert into analytics_pending (at, artifact_id, version_id, kind, door, count)
    select t.at, ${artifactId}::uuid, case when t.kind <> 'client' then t.version_id end, t.kind, t.door, t.count from unnest(
      ${events.map(({ minutes }) => new Date(firstMs + minutes * 60_000).toISOString())}::timestamptz[],
      ${events.map(({ version }) => ids[version])}::uuid[], ${events.map(({ kind }) => kind)}::text[],
      ${events.map(({ door }) => door)}::text[], ${events.map(({ count }) => count)}::bigint[]) as t (at, version_id, kind, door, count)`
}

const sumOf = (events: readonly Event[], ...kinds: readonly string[]) =>
  events.filter(({ kind }) => kinds.includes(kind)).reduce((sum, { count }) => sum + count, 0)

test('for any stream of events the sum over intervals is the total, by version and by door, whoever rolls up how often', async () => {
  const streams = fc.array(fc.array(event, { maxLength: 12 }), { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(streams, async (batches) => {
      const artifact = await publishThree()
      for (const batch of batches) {
        await append(batch, artifact)
        // As two workers would, and once more for nothing.
        await Promise.all([registry.rollUp.run(), registry.rollUp.run()])
      }
      await registry.rollUp.run()
      const events = batches.flat()
      const expected = { downloads: sumOf(events, 'download', 'install'), installs: sumOf(events, 'install') }
      const range = 'from=2026-09-25&to=2026-10-05'
      const paths = [
        ...['day', 'week', 'month', 'hour'].map((interval) => `downloads?interval=${interval}&${range}`),
        ...['versions', 'doors', 'adoption'].map((by) => `downloads/${by}?${range}`),
        `downloads/adoption?interval=hour&${range}`,
      ]
      for (const path of paths) {
        const { downloads, installs, items } = await registry.json<SeriesAnswer>(`/v1/artifacts/ada/${artifact.name}/-/${path}`)
        expect({ downloads, installs }, path).toEqual(expected)
        const summed = items.reduce<[number, number]>((sum, item) => [sum[0] + item.downloads, sum[1] + item.installs], [0, 0])
        expect(summed, path).toEqual([expected.downloads, expected.installs])
        if (path.startsWith('downloads?interval=day'))
          expect(items.reduce((sum, { clientDays }) => sum + (clientDays ?? 0), 0)).toBe(sumOf(events, 'client'))
      }
    }),
    { numRuns: 12 },
  )
  expect(await registry.sql`select count(*) from analytics_pending`).toEqual([{ count: 0 }])
})
