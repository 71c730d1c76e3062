import { afterAll, beforeAll, expect, test } from 'vitest'
import { Usage } from '../../../src/modules/analytics/contract.ts'
import { Authorizer } from '../../../src/modules/auth/contract.ts'
import { OutdatedService } from '../../../src/modules/insights/health/outdated.service.ts'
import { RecommendationService } from '../../../src/modules/insights/recommendations/recommendations.service.ts'
import { Catalog, Versions } from '../../../src/modules/metadata/contract.ts'
import { parseVersionName } from '../../../src/modules/metadata/version-name.ts'
import { ScanCompleted } from '../../../src/modules/scanning/events.contract.ts'
import { Scores, scoreKey } from '../../../src/modules/scanning/scores.contract.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { type InsightsRegistry, openInsights } from './open-insights.ts'

let registry: InsightsRegistry
let ada: Principal
let bob: Principal
const v1 = '/v1/artifacts'
const healthOf = async (name: string, as?: string) => (await registry.get(`${v1}/library/${name}/-/health?explain=true`, as)).body

beforeAll(async () => {
  registry = await openInsights()
  ada = await registry.user('ada')
  bob = await registry.user('bob')
  const { publish } = registry
  await publish(ada, 'library/old:1.0.0', { keywords: ['HTTP', 'client'] })
  await publish(ada, 'library/fresh:0.9.0', { keywords: ['http', 'client', 'fetch'] })
  await publish(ada, 'library/fresh:1.0.0', { keywords: ['http', 'client', 'fetch'], dependencies: { old: '^1.0.0', none: '^1' } })
  await publish(ada, 'library/fresh:1.1.0', { keywords: ['http', 'client', 'fetch'], dependencies: { old: '^1.0.0', none: '^1' } })
  await publish(ada, 'library/user:1.0.0', { dependencies: { fresh: '^1.0.0' } })
  await publish(bob, 'bob/private:1.0.0', { keywords: ['http', 'client'], dependencies: { fresh: '^1.0.0' } })
  await registry.keepUp()
})
afterAll(() => registry[Symbol.asyncDispose]())

/** What a scan of the version came to, as scanning tells it. */
async function scanned([name, version]: readonly [string, string], counts: Record<string, number>, securityScore: number) {
  const [row] = await registry.sql<{ artifactId: string; manifestDigest: string }>`select v.artifact_id as "artifactId",
    v.manifest_digest as "manifestDigest" from versions v join artifacts a on a.id = v.artifact_id where a.name = ${name} and v.version = ${version}`
  if (!row) throw new Error(`there is no ${name} ${version}`)
  registry.scans.scores.set(scoreKey(row), { securityScore, counts })
  const about = { ...row, namespace: 'library', name, format: 'npm', scanId: row.artifactId, riskLevel: 'high', malicious: false }
  await registry.kernel
    .resolve(Transaction)
    .run(() => registry.kernel.resolve(Events).emit(ScanCompleted, { ...about, securityScore, vulnerabilities: 1 }))
  await registry.settled()
}

test('R17.1: health is computed of what was published, and explains itself', async () => {
  const fresh = await healthOf('fresh')
  expect(fresh).toMatchObject({ namespace: 'library', name: 'fresh', format: 'npm', version: '1.1.0', flags: [], outdated: false })
  expect(fresh.explain).toMatchObject({
    ...{
      published: 3,
      yanked: 0,
      prereleases: 0,
      isStableLine: true,
      dependants: 1,
      stars: 0,
      steps: 2,
      breakingSteps: 0,
      securityScore: null,
    },
  })
  // One dependant is worth 50: log10(51) / 6. Nothing was taken back, and it is young: 0.8. Two good steps and two imaginary ones: 1 - 0.6 / 4.
  expect([fresh.popularity, fresh.stability, fresh.compatibility, fresh.maintenance]).toEqual([28, 80, 85, 89])
  expect(fresh.score).toBe(Math.round(0.25 * 28 + 0.25 * 80 + 0.2 * 85 + 0.3 * 89))
  expect(fresh.badges).toEqual(['stable', 'compatible', 'maintained', 'healthy'])
  expect((await registry.get(`${v1}/library/fresh/-/health`)).body.explain).toBeUndefined()
})

test('P24: health counts public dependants alone, and is told of what the caller may see', async () => {
  expect((await healthOf('fresh', 'bob')).explain.dependants).toBe(1)
  await registry.request('PATCH', `${v1}/bob/private`, { as: 'bob', body: { visibility: 'public' } })
  await registry.sql`update insights_upkeep set swept = null, passed_at = null`
  await registry.keepUp()
  expect((await healthOf('fresh')).explain.dependants).toBe(2)
  await registry.request('PATCH', `${v1}/bob/private`, { as: 'bob', body: { visibility: 'inherit' } })
})

test('P23: downloads count within a day, stars as well', async () => {
  await registry.sql`insert into download_counts (version_id, day, count) select v.id, current_date - 10, 50000 from versions v
    join artifacts a on a.id = v.artifact_id where a.name = 'fresh' and v.version = '1.0.0'`
  await registry.sql`insert into download_counts (version_id, day, count) select v.id, current_date - 200, 7000000 from versions v
    join artifacts a on a.id = v.artifact_id where a.name = 'fresh' and v.version = '1.0.0'`
  await registry.keepUp()
  expect((await healthOf('fresh')).popularity).toBe(33)
  await registry.sql`update insights_upkeep set passed_at = now() - interval '25 hours'`
  await registry.keepUp()
  expect((await healthOf('fresh')).explain.recentDownloads).toBe(50_000)
  expect((await healthOf('fresh')).popularity).toBe(78)
  expect((await healthOf('fresh')).badges).toContain('popular')
})

test('a scan changes maintenance and flags; R17.4: health and security of each direct dependency are shown', async () => {
  await scanned(['old', '1.0.0'], { high: 1, low: 2 }, 40)
  const old = await healthOf('old')
  expect(old).toMatchObject({ securityScore: 40, flags: [{ name: 'vulnerable' }], outdated: false })
  expect(old.badges).toContain('vulnerable')
  const fresh = await healthOf('fresh')
  expect(fresh.dependencies).toEqual([
    expect.objectContaining({ namespace: 'library', name: 'none', version: null, health: null, securityScore: null, flags: [] }),
    expect.objectContaining({ name: 'old', range: '^1.0.0', version: '1.0.0', health: old.score, securityScore: 40, flags: old.flags }),
  ])
  const graph = (await registry.get(`${v1}/library/fresh/-/dependencies`)).body
  expect(graph.nodes[1]).toMatchObject({ id: 'library/old@1.0.0', health: old.score, securityScore: 40, vulnerabilities: 3 })
})

test('R17.5: what is deprecated or not looked after is flagged, with alternatives the caller may see', async () => {
  const versions = registry.kernel.resolve(Versions)
  await registry.request('PUT', `${v1}/library/old/-/deprecations/1.0.0`, {
    as: 'ada',
    body: { reason: 'take fresh', suggestion: 'bob/private' },
  })
  await registry.settled()
  const flagged = await healthOf('old')
  expect(flagged).toMatchObject({ outdated: true, suggestion: 'bob/private' })
  expect(flagged.flags).toMatchObject([{ name: 'deprecated', reason: 'take fresh' }, { name: 'vulnerable' }])
  expect(flagged.alternatives).toMatchObject([{ name: 'fresh', reason: 'has in common: client, http' }])
  expect((await healthOf('old', 'bob')).alternatives).toMatchObject([
    { name: 'private', reason: 'its publishers suggest it' },
    { name: 'fresh' },
  ])
  await versions.deprecate(ada, { namespace: 'library', name: 'old' }, { version: '1.0.0', reason: null })
  await registry.sql`update versions set published_at = now() - interval '3 years' where version = '1.0.0'
    and artifact_id = (select id from artifacts where name = 'user')`
  await registry.sql`update insights_upkeep set swept = null, passed_at = null`
  await registry.keepUp()
  expect((await healthOf('old')).outdated).toBe(false)
  expect(await healthOf('user')).toMatchObject({ outdated: true, flags: [{ name: 'unmaintained' }] })
})

test('what is yanked as a whole has no health; what comes back has it again', async () => {
  const versions = registry.kernel.resolve(Versions)
  await registry.publish(ada, 'library/brief:1.0.0')
  await registry.settled()
  expect((await registry.get(`${v1}/library/brief/-/health`)).status).toBe(200)
  await versions.yank(ada, { namespace: 'library', name: 'brief' }, { version: '1.0.0', reason: null })
  await registry.settled()
  expect((await registry.get(`${v1}/library/brief/-/health`)).body.code).toBe('insights.version_not_offered')
  await versions.unyank(ada, { namespace: 'library', name: 'brief' }, '1.0.0')
  await registry.settled()
  expect((await registry.get(`${v1}/library/brief/-/health`)).status).toBe(200)
})

test('R17.5: a project learns what is behind, deprecated or vulnerable', async () => {
  await registry.request('PUT', `${v1}/library/old/-/deprecations/1.0.0`, { as: 'ada', body: { reason: 'take fresh' } })
  await registry.settled()
  const ask = async (dependencies: unknown, as?: string) => (await registry.post('/v1/insights/outdated', { dependencies }, as)).body.items
  const items = await ask([
    ...[
      { name: 'fresh', range: '^1.0.0', version: '1.0.0' },
      { name: 'fresh', range: '^1.0.0' },
      { name: 'fresh', range: '~0.9.0' },
    ],
    ...[{ name: 'old', range: '^1.0.0' }, { name: '@bob/private' }, { name: 'fresh', range: '^7' }, { name: 'fresh', range: 'file:../x' }],
  ])
  expect(items.map((one: Record<string, unknown>) => [one['status'], one['current'], one['wanted'], one['latest']])).toEqual([
    ...[
      ['outdated', '1.0.0', '1.1.0', '1.1.0'],
      ['current', '1.1.0', '1.1.0', '1.1.0'],
      ['outdated', '0.9.0', '0.9.0', '1.1.0'],
    ],
    ...[
      ['current', '1.0.0', '1.0.0', '1.0.0'],
      ['unknown', null, null, null],
      ['unsatisfied', null, null, '1.1.0'],
      ['external', null, null, null],
    ],
  ])
  expect(items[3]).toMatchObject({ deprecated: 'take fresh', securityScore: 40, vulnerabilities: 3, alternatives: [{ name: 'fresh' }] })
  expect((await ask([{ name: '@bob/private' }], 'bob'))[0]).toMatchObject({ status: 'current', namespace: 'bob', current: '1.0.0' })
  for (const dependencies of [
    null,
    'x',
    [{}],
    [{ name: '../x' }],
    [{ name: 'x', range: '' }],
    [{ name: 'x', extra: 1 }],
    Array(501).fill({ name: 'x' }),
  ])
    expect((await registry.post('/v1/insights/outdated', { dependencies })).status, JSON.stringify(dependencies).slice(0, 50)).toBe(400)
  expect(
    (await registry.post('/v1/insights/outdated', { dependencies: Array(500).fill({ name: 'fresh', range: '^1' }) })).body.items,
  ).toHaveLength(500)
})

test('P23: badges come in bulk for lists, and as pictures', async () => {
  const ids = await registry.sql<{ id: string; name: string }>`select id, name from artifacts where name in ('fresh', 'brief', 'private')`
  const badges = await registry.badges.badgesOf([...ids.map(({ id }) => id), '019a0000-0000-7000-8000-000000000001'])
  expect(badges.size).toBe(3)
  expect(badges.get(ids.find(({ name }) => name === 'fresh')?.id ?? '')?.badges).toContain('stable')
  const picture = await registry.request('GET', '/v1/badges/library/fresh/health.svg')
  expect([picture.statusCode, picture.body]).toEqual([200, expect.stringMatching(/health.*\/100/s)])
  expect((await registry.request('GET', '/v1/badges/bob/private/stability.svg')).statusCode).toBe(401)
})

/** More versions than are told, without the way through a publish of each. */
async function offerMore(name: string, versions: readonly string[]): Promise<void> {
  const rows = versions.map((version) => parseVersionName('npm', version))
  await registry.sql`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata)
    select gen_random_uuid(), a.id, r.text, r."sortKey", r.prerelease, 'published', 'sha256:' || r.text, 1, '{}'
    from artifacts a, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (text text, "sortKey" text, prerelease boolean) where a.name = ${name}`
}

test('501 canaries hide neither the release that latest points to nor a version that is named, and what is uncertain is said to be cut', async () => {
  const { publish, post, sql } = registry
  await publish(ada, 'library/next:14.2.3')
  await publish(ada, 'library/many:1.3.0')
  await offerMore('next', ['14.2.2', ...Array.from({ length: 501 }, (_, at) => `15.0.0-canary.${at}`)])
  await offerMore(
    'many',
    Array.from({ length: 600 }, (_, at) => `2.${at}.0`),
  )
  await sql`update versions v set state = 'deprecated', deprecated_reason = 'too old' from artifacts a where a.id = v.artifact_id and a.name = 'many'
    and v.version = '1.3.0'`
  await scanned(['many', '1.3.0'], { high: 2 }, 30)
  await publish(ada, 'library/site:1.0.0', { dependencies: { next: '^14.0.0', many: '~2.4.0' } })
  await publish(ada, 'library/pinned:1.0.0', { dependencies: { next: 'latest', many: '2.4.0' } })
  await registry.settled()
  const ask = async (dependencies: unknown) => (await post('/v1/insights/outdated', { dependencies })).body.items
  const items = await ask([
    ...[
      { name: 'next', range: '^14.0.0' },
      { name: 'next', range: 'latest' },
      { name: 'next', range: '*' },
    ],
    ...[
      { name: 'many', range: '^1.0.0', version: '1.3.0' },
      { name: 'many', range: '~2.4.0' },
      { name: 'many', range: '2.4.0' },
    ],
  ])
  expect(items.map((one: Record<string, unknown>) => [one['status'], one['current'], one['wanted'], one['latest']])).toEqual([
    ...Array(3).fill(['current', '14.2.3', '14.2.3', '14.2.3']),
    ...[
      ['cut', '1.3.0', null, '1.3.0'],
      ['cut', null, null, '1.3.0'],
      ['outdated', '2.4.0', '2.4.0', '1.3.0'],
    ],
  ])
  expect(items[3]).toMatchObject({ deprecated: 'too old', securityScore: 30, vulnerabilities: 2 })
  const standing = async (name: string) =>
    (await healthOf(name)).dependencies.map((one: Record<string, unknown>) => [one['name'], one['state'], one['version']])
  expect(await standing('site')).toEqual([
    ['many', 'cut', null],
    ['next', 'resolved', '14.2.3'],
  ])
  expect(await standing('pinned')).toEqual([
    ['many', 'resolved', '2.4.0'],
    ['next', 'resolved', '14.2.3'],
  ])
  expect((await registry.get(`${v1}/library/next/-/dependencies`)).body.root).toBe('library/next@14.2.3')
  expect((await registry.get(`${v1}/library/pinned/-/dependencies`)).body).toMatchObject({
    cut: false,
    edges: [{ to: 'library/many@2.4.0' }, {}],
  })
})

test('a project of 500 needs never has more than 50 names read in one statement, and recommendations for it read no versions', async () => {
  const { kernel } = registry
  const database = kernel.resolve(Database)
  let reads = 0
  const counting: Database = {
    ...database,
    sql: (strings, ...values) => {
      if (strings.join('').includes('"hasMore"')) reads += 1
      return database.sql(strings, ...values)
    },
  }
  const deps = {
    database: counting,
    authorizer: kernel.resolve(Authorizer),
    catalog: kernel.resolve(Catalog),
    usage: kernel.resolve(Usage),
  }
  const needs = { namespace: 'ada', dependencies: Array.from({ length: 500 }, (_, at) => ({ name: `needed-${at}`, range: '*' })) }
  const items = await new OutdatedService({ ...deps, scores: kernel.resolve(Scores) }).of(ada, needs)
  expect([items.length, new Set(items.map(({ status }) => status)), reads]).toEqual([500, new Set(['unknown']), 1_000 / 50])
  expect(await new RecommendationService(deps).forProject(ada, needs, 10)).toEqual([])
  expect(reads).toBe(1_000 / 50)
})
