import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Authorizer, type Sight } from '../../../src/modules/auth/contract.ts'
import { weightOf } from '../../../src/modules/search/elasticsearch/relevance.ts'
import type { DriverQuery, FoundPage } from '../../../src/modules/search/search-driver.ts'
import { parseSearchText } from '../../../src/modules/search/search-text.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { openElasticSearch } from './open-elastic-search.ts'

let registry: Awaited<ReturnType<typeof openElasticSearch>>
let ada: Principal
let bob: Principal

const packages: readonly (readonly [path: string, about: Readonly<Record<string, unknown>>])[] = [
  ['ada/left-pad', { description: 'Pads strings on the left', keywords: ['strings', 'pad'], license: 'MIT', capabilities: ['text'] }],
  ['ada/left-pad-plus', { description: 'More padding for texts', license: '(MIT OR Apache-2.0)', language: 'TypeScript' }],
  ['ada/pad', { description: 'left alone', keywords: ['pad'], gatiVersion: '^2.1.0' }],
  [
    'ada/router',
    { description: 'Routing of requests', keywords: ['http', 'router'], capabilities: ['http:serve', 'text'], gatiVersion: '>=1 <3' },
  ],
  ['ada/http-router', { description: 'Routers for HTTP requests', license: 'ISC', language: 'python' }],
  ['bob/react-router', { description: 'Routes in a browser', keywords: ['react'], license: 'MIT', gatiVersion: '3.x' }],
  ['bob/router', { description: 'another one that is running', repository: 'https://git.example/bob/router' }],
  ['bob/lodash', { description: 'Utilities', keywords: ['functional'], license: 'SEE LICENSE IN FILE' }],
  ['library/express', { description: 'Fast web framework with routes', keywords: ['web', 'http'], license: 'MIT' }],
  ['library/expresso', { description: 'coffee machines', keywords: ['web'] }],
]

beforeAll(async () => {
  registry = await openElasticSearch()
  ada = await registry.user('ada')
  bob = await registry.user('bob')
  for (const [path, about] of packages) await registry.publish(path.startsWith('bob/') ? bob : ada, path, about)
  const { sql, request } = registry
  await sql`update artifacts set downloads = 10000, stars = 50 where name = 'react-router'`
  await sql`update accounts set verified = true where name = 'bob'`
  for (const [owner, path] of [
    ['ada', '/v1/namespaces/ada'],
    ['bob', '/v1/namespaces/bob'],
  ] as const)
    await request('PATCH', path, { as: owner, body: { visibility: 'public' } })
  await request('PATCH', '/v1/artifacts/bob/lodash', { as: 'bob', body: { visibility: 'private' } })
  await registry.search.rebuild()
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

const text = fc.constantFrom(
  ...['', 'left-pad', 'left', 'pad', 'router', 'routing', 'route', 'rout', 'http', 'ada/pad', '@bob/router', 'web http'],
  ...['lfet-pad', 'expres', 'exprss', 'lodahs', 'lodash', 'er', 'a', 'strings left', 'run', 'zzzz', 'text', 'bob', '-', 'utilities'],
)
const filter = fc.constantFrom<Partial<DriverQuery>>(
  ...[{}, {}, {}, { type: ['module-node' as const] }, { type: ['model' as const] }, { format: 'npm' as const }],
  ...[{ namespace: ['ada'] }, { namespace: ['bob', 'library'] }, { keywords: ['web'] }, { keywords: ['PAD', 'http'] }],
  ...[{ license: ['mit'] }, { license: ['ISC', 'other'] }, { language: ['typescript'] }, { language: ['javascript', 'Python'] }],
  ...[{ capabilities: ['text'] }, { capabilities: ['http:serve', 'x'] }],
  ...['2.5.0', '3.0.1', '0.1.0', '2.1.0-beta.1'].map((gatiVersion) => ({ gatiVersion })),
  ...['ada', 'bob', 'nobody'].map((maintainer) => ({ maintainer })),
)

const sights = (): Promise<Sight[]> =>
  Promise.all([ada, bob, anonymous].map((principal) => registry.kernel.resolve(Authorizer).sight(principal)))

const seen = ({ hits, total, totalIsExact }: FoundPage) => ({
  hits: hits.map(({ artifactId, tier }) => `${artifactId} ${tier}`).sort(),
  ...{ total, totalIsExact },
})

test('whatever is asked for and by whom, Elasticsearch finds what Postgres finds, in the same tiers', async () => {
  const { elastic, postgres } = registry
  const callers = await sights()
  const tiers = new Set<number>()
  await fc.assert(
    fc.asyncProperty(text, fc.tuple(filter, filter), fc.nat(2), async (typed, filters, at) => {
      const sight = callers[at] ?? { everything: false, accountIds: [], artifactIds: [] }
      const asked: DriverQuery = { ...filters[0], ...filters[1], offset: 0, limit: 50, text: parseSearchText(typed) }
      const found = await elastic.find(sight, asked)
      for (const { tier } of found.hits) tiers.add(tier)
      expect(seen(found)).toEqual(seen(await postgres.find(sight, asked)))
    }),
    { numRuns: 120 },
  )
  expect([...tiers].sort()).toEqual([0, 1, 2, 3])
}, 60_000)

test('the orders by what is counted are those of Postgres, page by page', async () => {
  const { elastic, postgres } = registry
  const [sight] = await sights()
  if (!sight) throw new Error('nobody')
  for (const sortBy of ['downloads', 'stars', 'updated', 'created'] as const)
    for (const [sortOrder, offset] of [
      ['desc', 0],
      ['asc', 3],
    ] as const) {
      const asked = { text: undefined, sortBy, sortOrder, offset, limit: 4 }
      const ids = async (driver: typeof elastic | typeof postgres) =>
        (await driver.find(sight, asked)).hits.map(({ artifactId }) => artifactId)
      expect(await ids(elastic)).toEqual(await ids(postgres))
    }
})

test('the parts of a score are those of Postgres, and make the score by the formula', async () => {
  const { elastic, postgres } = registry
  const [sight] = await sights()
  if (!sight) throw new Error('nobody')
  const asked = { text: parseSearchText('router'), offset: 0, limit: 50 }
  const theirs = new Map((await postgres.find(sight, asked)).hits.map((hit) => [hit.artifactId, hit.score]))
  const { hits } = await elastic.find(sight, asked)
  expect(hits.length).toBeGreaterThan(3)
  for (const { artifactId, tier, score } of hits) {
    const { final, text, ...parts } = score
    const { final: _final, text: _text, ...expected } = theirs.get(artifactId) ?? score
    for (const [part, value] of Object.entries(parts)) expect(value, part).toBeCloseTo(expected[part as keyof typeof expected], 4)
    expect(text).toBeGreaterThan(0)
    expect(text).toBeLessThanOrEqual(1)
    expect(final).toBeCloseTo((tier + text * weightOf(parts)) / 4, 5)
  }
  expect(hits.map(({ score }) => score.final)).toEqual(hits.map(({ score }) => score.final).sort((left, right) => right - left))
})

test('facets count all visible matches, also those of names that may have been meant', async () => {
  const { find } = registry
  const before = registry.searches()
  const { facets, total } = await find(anonymous, 'pad', { facets: true, limit: 1 })
  expect(total).toBe(3)
  expect(facets).toEqual({
    types: [{ value: 'module-node', count: 3 }],
    capabilities: [{ value: 'text', count: 1 }],
    languages: [
      { value: 'javascript', count: 2 },
      { value: 'typescript', count: 1 },
    ],
    licenses: [
      { value: 'MIT', count: 2 },
      { value: 'Apache-2.0', count: 1 },
    ],
    approximate: false,
  })
  const meant = await find(anonymous, 'lfet-pad', { facets: true })
  expect(meant.facets?.types).toEqual([{ value: 'module-node', count: meant.total }])
  expect((await find(anonymous, 'lodash', { facets: true })).total).toBe(0)
  expect(registry.searches() - before).toBeGreaterThanOrEqual(4)
})

test('suggestions begin with the text, or are like it', async () => {
  const { search } = registry
  const suggested = async (as: Principal, text: string) =>
    (await search.suggest(as, text, 10)).map(({ namespace, name }) => `${namespace}/${name}`)
  expect((await suggested(anonymous, 'router')).slice(0, 2).sort()).toEqual(['ada/router', 'bob/router'])
  expect(await suggested(anonymous, 'left')).toEqual(expect.arrayContaining(['ada/left-pad', 'ada/left-pad-plus']))
  expect(await suggested(anonymous, 'ada/le')).toHaveLength(2)
  expect(await suggested(anonymous, 'exprss')).toContain('library/express')
  expect(await suggested(anonymous, 'lodas')).toEqual([])
  expect(await suggested(bob, 'lodas')).toEqual(['bob/lodash'])
})

test('candidates that something else found are joined inside of the query', async () => {
  const { elastic, sql } = registry
  const [sight] = await sights()
  if (!sight) throw new Error('nobody')
  const rows = await sql<{ id: string; name: string }>`select id, name from artifacts where name in ('express', 'pad', 'lodash')`
  const idOf = (name: string) => rows.find((row) => row.name === name)?.id ?? ''
  const scores = new Map([
    [idOf('express'), 0.9],
    [idOf('pad'), 0.2],
    [idOf('lodash'), 1],
  ])
  const only = await elastic.find(sight, { text: undefined, candidates: [{ mode: 'only', scores }], offset: 0, limit: 10 })
  expect(only.hits.map(({ artifactId }) => artifactId)).toEqual([idOf('express'), idOf('pad')])
  expect(only.total).toBe(2)
  const also = await elastic.find(sight, { text: parseSearchText('pad'), candidates: [{ mode: 'also', scores }], offset: 0, limit: 10 })
  expect(also.total).toBe(4)
})

test('P5: who may no longer see an artifact finds and counts nothing of it from that moment on', async () => {
  const { find, request, searches } = registry
  const count = async () => (await find(anonymous, 'left-pad', { facets: true })).total
  expect(await count()).toBe(3)
  const before = searches()
  await request('PATCH', '/v1/artifacts/ada/left-pad', { as: 'ada', body: { visibility: 'private' } })
  const hidden = await find(anonymous, 'left-pad', { facets: true })
  expect([hidden.total, hidden.facets?.licenses.find(({ value }) => value === 'MIT')?.count]).toEqual([2, 1])
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'private' } })
  expect(await count()).toBe(0)
  await registry.settled()
  expect(await count()).toBe(0)
  expect((await find(ada, 'left-pad')).total).toBe(3)
  expect(searches() - before).toBeGreaterThanOrEqual(4)
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  await request('PATCH', '/v1/artifacts/ada/left-pad', { as: 'ada', body: { visibility: 'public' } })
  await registry.settled()
  expect(await count()).toBe(3)
})
