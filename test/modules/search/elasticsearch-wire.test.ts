import { Value } from '@sinclair/typebox/value'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Sight } from '../../../src/modules/auth/contract.ts'
import { DocumentIndex } from '../../../src/modules/search/document-index.ts'
import { noteChanges } from '../../../src/modules/search/elasticsearch/changes.queries.ts'
import { type Elasticsearch, openElasticsearch } from '../../../src/modules/search/elasticsearch/open-elasticsearch.ts'
import { PostgresDriver } from '../../../src/modules/search/postgres/postgres-driver.ts'
import type { DriverQuery } from '../../../src/modules/search/search-driver.ts'
import { parseSearchText } from '../../../src/modules/search/search-text.ts'
import { SearchSettings } from '../../../src/modules/search/settings.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { KernelInfo } from '../../../src/shared/kernel/kernel-info.ts'
import { createMetrics } from '../../../src/shared/kernel/metrics.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { mockCluster } from './elasticsearch-mock.ts'
import { openSearch } from './open-search.ts'

let registry: Awaited<ReturnType<typeof openSearch>>
let ada: Principal
let cluster: ReturnType<typeof mockCluster>
let elastic: Elasticsearch

beforeAll(async () => {
  registry = await openSearch()
  ada = await registry.user('ada')
  await registry.publish(ada, 'ada/alpha', { description: 'the first', capabilities: ['text'], gatiVersion: '>=1.0.0 <2.0.0' })
  await registry.publish(ada, 'ada/beta')
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

const open = async (mock: ReturnType<typeof mockCluster>): Promise<Elasticsearch> => {
  const { kernel, transaction } = registry
  const database = kernel.resolve(Database)
  const postgres = new PostgresDriver(database, transaction)
  return openElasticsearch({
    settings: { ...Value.Create(SearchSettings), elasticsearchTimeoutMs: 400, elasticsearchUrl: 'http://elastic.example:9200' },
    ...{ database, postgres, log: kernel.log, metrics: createMetrics() },
    reader: new DocumentIndex({ database, transaction, store: postgres, followers: [] }),
    // Nothing is brought but by the test.
    info: { ...kernel.resolve(KernelInfo), role: 'api' },
    clientOptions: { Connection: mock.Connection },
  })
}

/** A cluster that has everything. */
beforeEach(async () => {
  cluster = mockCluster()
  elastic = await open(cluster)
  await elastic.feed.flush()
  cluster.sent.length = 0
})

const everything: Sight = { everything: true, accountIds: [], artifactIds: [] }
const idOf = async (name: string): Promise<string> => {
  const [row] = await registry.sql<{ id: string }>`select id from artifacts where name = ${name}`
  return row?.id ?? ''
}
const waiting = async (): Promise<number> => (await registry.sql`select 1 from search_changes`).length

test('the first index is made from a strict template, filled below an alias of its own, and takes both aliases in one request after the last bulk', async () => {
  const fresh = mockCluster()
  await (await open(fresh)).feed.flush()
  const steps = fresh.sent
    .map(({ method, path }) => `${method} ${decodeURIComponent(path)}`)
    .filter((step) => step !== 'GET /gati-artifacts-v*')
  expect(steps).toEqual([
    ...['PUT /_index_template/gati-artifacts', 'PUT /gati-artifacts-v1', 'POST /_bulk', 'PUT /gati-artifacts-v1/_settings'],
    ...['GET /gati-artifacts-v1/_refresh', 'POST /_aliases'],
  ])
  expect(fresh.bodies('/_index_template/gati-artifacts')).toMatchObject([
    { index_patterns: ['gati-artifacts-v*'], version: 1, template: { mappings: { dynamic: 'strict', _meta: { form: 1 } } } },
  ])
  expect(fresh.bodies('/_aliases')).toEqual([
    {
      actions: [
        { add: { index: 'gati-artifacts-v1', alias: 'gati-artifacts' } },
        { add: { index: 'gati-artifacts-v1', alias: 'gati-artifacts-write' } },
        { remove: { index: 'gati-artifacts-v1', alias: 'gati-artifacts-next' } },
      ],
    },
  ])
  const [bulk] = fresh.sent.filter(({ path }) => path === '/_bulk')
  expect(bulk?.querystring).toMatchObject({ require_alias: 'true', refresh: 'false' })
  const id = await idOf('alpha')
  expect(bulk?.body).toContainEqual({ index: { _index: 'gati-artifacts-next', _id: id, version: 1, version_type: 'external' } })
  expect(bulk?.body).toContainEqual(
    expect.objectContaining({
      artifactId: id,
      name: 'alpha',
      namespace: 'ada',
      description: 'the first',
      isPublic: false,
      capabilities: ['text'],
    }),
  )
})

test('a rebuild fills the next index, moves the aliases after the last bulk and removes the old index last', async () => {
  expect(await elastic.feed.rebuild()).toBe(2)
  const steps = cluster.sent
    .map(({ method, path }) => `${method} ${decodeURIComponent(path)}`)
    .filter((step) => step !== 'GET /gati-artifacts-v*')
  expect(steps.slice(-3)).toEqual(['GET /gati-artifacts-v2/_refresh', 'POST /_aliases', 'DELETE /gati-artifacts-v1'])
  expect(steps.lastIndexOf('POST /_bulk')).toBeLessThan(steps.indexOf('POST /_aliases'))
  expect([...cluster.indexes.keys()]).toEqual(['gati-artifacts-v2'])
  expect([...(cluster.indexes.get('gati-artifacts-v2')?.aliases ?? [])].sort()).toEqual(['gati-artifacts', 'gati-artifacts-write'])
})

test('D-29: a change is noted with the document and brought once, under a number that only rises; what is gone is deleted', async () => {
  await registry.publish(ada, 'ada/gamma')
  await registry.settled()
  expect(await waiting()).toBe(1)
  const gamma = await idOf('gamma')
  await elastic.feed.flush()
  expect(cluster.bodies('/_bulk')).toEqual([
    [
      { index: { _index: 'gati-artifacts-write', _id: gamma, version: expect.any(Number), version_type: 'external' } },
      expect.objectContaining({ name: 'gamma' }),
    ],
  ])
  expect(cluster.sent.at(-1)?.querystring).toMatchObject({ refresh: 'false' })
  await registry.request('PATCH', '/v1/artifacts/ada/gamma', { as: 'ada', body: { visibility: 'public' } })
  await registry.sql`update artifacts set state = 'deleted' where id = ${gamma}`
  await registry.search.index(gamma)
  await elastic.feed.flush()
  const [[index], [removal]] = cluster.bodies('/_bulk') as [[{ index: { version: number } }], [{ delete: { version: number } }]]
  expect(removal).toEqual({ delete: { _index: 'gati-artifacts-write', _id: gamma, version: expect.any(Number), version_type: 'external' } })
  expect(removal.delete.version).toBeGreaterThan(index.index.version)
  // Who may no longer see it must not count it: searches know of it before the note is dropped.
  expect(cluster.sent.at(-1)?.querystring).toMatchObject({ refresh: 'true' })
  expect(await waiting()).toBe(0)
  await elastic.feed.flush()
  expect(cluster.bodies('/_bulk')).toHaveLength(2)
})

test('of a bulk that is taken in part nothing is lost: all of it comes again, and what is refused for good is logged and left out', async () => {
  const { log } = registry.kernel
  const item = (status: number, type?: string) => ({ index: { _id: 'x', status, ...(type && { error: { type, reason: type } }) } })
  await registry.search.rebuild()
  const count = await waiting()
  expect(count).toBeGreaterThan(0)
  cluster.answers.bulk = () => ({ errors: true, items: [item(201), item(429, 'too_busy')] })
  await expect(elastic.feed.flush()).rejects.toThrow('did not take 1 documents: 429 too_busy')
  expect(await waiting()).toBe(count)
  cluster.answers.bulk = () => ({
    errors: true,
    items: [item(409, 'version_conflict_engine_exception'), item(400, 'document_parsing_exception')],
  })
  await elastic.feed.flush()
  expect(await waiting()).toBe(0)
  const refused = log.lines.filter(({ message }) => message === 'Elasticsearch refuses a document')
  expect(refused.map(({ fields }) => fields)).toMatchObject([{ reason: '400 document_parsing_exception document_parsing_exception' }])
})

const filters: readonly (readonly [Partial<DriverQuery>, object])[] = [
  [{ format: 'npm' }, { terms: { format: ['npm'] } }],
  [{ type: ['model', 'agent'] }, { terms: { type: ['model', 'agent'] } }],
  [{ namespace: ['ada'] }, { terms: { namespace: ['ada'] } }],
  [{ keywords: ['Web'] }, { terms: { keywords: ['web'] } }],
  [{ capabilities: ['Http'] }, { terms: { capabilities: ['Http'] } }],
  [{ language: ['TypeScript'] }, { terms: { languages: ['typescript'] } }],
  [{ license: ['mit'] }, { terms: { licenses: ['MIT'] } }],
  [{ gatiVersion: '1.2.3' }, { nested: expect.objectContaining({ path: 'gatiIntervals' }) }],
  [{ maintainer: 'nobody' }, { match_none: {} }],
  [{ candidates: [{ mode: 'only', scores: new Map([['x', 1]]) }] }, { terms: { artifactId: ['x'] } }],
]

test('each parameter of a search is a filter, an order or an aggregation of the request', async () => {
  const asked = async (query: Partial<DriverQuery>, sight = everything) => {
    const before = cluster.bodies('/_search').length
    await elastic.answers.find(sight, { text: undefined, offset: 0, limit: 10, ...query })
    const body = cluster.bodies('/_search')[before] as {
      query: { script_score: { query: { bool: { filter: object[]; must_not: object[] } } } }
    }
    return { ...body, bool: body.query.script_score.query.bool }
  }
  for (const [query, clause] of filters) expect((await asked(query)).bool.filter, JSON.stringify(query)).toEqual([clause])
  expect(await asked({ offset: 20, limit: 5, sortBy: 'stars', sortOrder: 'asc' })).toMatchObject({
    ...{ from: 20, size: 5, track_total_hits: 10_000, sort: [{ stars: { order: 'asc' } }, { artifactId: { order: 'asc' } }] },
  })
  expect(Object.keys(((await asked({ facets: true })) as unknown as { aggs: object }).aggs)).toEqual([
    ...['types', 'capabilities', 'languages', 'licenses'],
  ])
  const [account, artifact] = ['01900000-0000-7000-8000-00000000000a', '01900000-0000-7000-8000-00000000000b']
  const sight = { everything: false, accountIds: [account], artifactIds: [artifact] }
  const may = [{ term: { isPublic: true } }, { terms: { accountId: [account] } }, { terms: { artifactId: [artifact] } }]
  expect((await asked({}, sight)).bool.filter).toEqual([{ bool: { should: may, minimum_should_match: 1 } }])
  expect(JSON.stringify((await asked({ text: parseSearchText('left pad') })).bool.filter)).toContain(
    '"stemmed":{"query":"left pad","operator":"and"}',
  )
  const alpha = await idOf('alpha')
  await registry.request('PATCH', '/v1/artifacts/ada/alpha', { as: 'ada', body: { visibility: 'public' } })
  expect((await asked({})).bool.must_not).toEqual([{ terms: { artifactId: [alpha] } }])
  await elastic.feed.flush()
  expect((await asked({})).bool.must_not).toEqual([])
})

test('while Elasticsearch is down searches are answered by Postgres, one in five seconds tries it, and readiness is degraded, not lost', async () => {
  const query = { text: parseSearchText('beta'), offset: 0, limit: 10 }
  cluster.setDown(true)
  for (let at = 0; at < 5; at++) expect((await elastic.answers.find(everything, query)).total).toBe(1)
  expect(await elastic.answers.suggest(everything, parseSearchText('bet') ?? never(), 5)).toMatchObject([{ name: 'beta' }])
  expect(cluster.bodies('/_search')).toHaveLength(1)
  expect(await elastic.health()).toEqual({ status: 'down', reason: 'Elasticsearch does not answer; Postgres does', isOptional: true })
  await registry.publish(ada, 'ada/delta')
  await registry.settled()
  await expect(elastic.feed.flush()).rejects.toThrow()
  cluster.setDown(false)
  await elastic.feed.flush()
  expect(JSON.stringify(cluster.bodies('/_bulk').at(-1))).toContain('"name":"delta"')
  expect(await waiting()).toBe(0)
  await elastic.answers.find(everything, query)
  expect(cluster.bodies('/_search').length).toBeGreaterThan(1)
  expect(await elastic.health()).toEqual({ status: 'up' })
})

test('what is written tells nothing of searches: those that time out stay with Postgres while changes are taken', async () => {
  const query = { text: parseSearchText('beta'), offset: 0, limit: 10 }
  cluster.answers.search = () => new Error('no answer in time')
  await elastic.answers.find(everything, query)
  await registry.sql`insert into search_changes (artifact_id) values (gen_random_uuid())`
  await elastic.feed.flush()
  expect(await waiting()).toBe(0)
  expect((await elastic.answers.find(everything, query)).total).toBe(1)
  expect(cluster.bodies('/_search')).toHaveLength(1)
})

test('whoever answered is told, and a failure of Postgres is none of Elasticsearch', async () => {
  const query = { text: parseSearchText('beta'), offset: 0, limit: 10 }
  const answered: string[] = []
  const ask = () => elastic.answers.telling?.((name) => answered.push(name)).find(everything, query)
  await ask()
  expect(answered).toEqual([])
  await registry.sql`alter table search_changes rename to search_changes_away`
  await expect(ask()).rejects.toThrow('search_changes')
  await registry.sql`alter table search_changes_away rename to search_changes`
  const before = cluster.bodies('/_search').length
  await ask()
  expect([answered, cluster.bodies('/_search').length > before]).toEqual([[], true])
  cluster.setDown(true)
  await ask()
  expect(answered).toEqual(['postgres'])
})

test('a search whose time a model took is answered by Postgres, and Elasticsearch stays in its place for everybody else', async () => {
  const query = { text: parseSearchText('beta'), offset: 0, limit: 10 }
  const answered: string[] = []
  const ask = (deadline?: number) =>
    elastic.answers.telling?.((name) => answered.push(name)).find(everything, { ...query, ...(deadline !== undefined && { deadline }) })
  cluster.setStalled(true)
  expect((await ask(performance.now() - 1))?.total).toBe(1)
  cluster.setStalled(false)
  expect(answered).toEqual(['postgres'])
  await ask()
  expect([answered, cluster.bodies('/_search').length > 0]).toEqual([['postgres'], true])
  // Whoever had the whole time and did not answer is asked no more.
  cluster.setStalled(true)
  await ask(performance.now() + 1_500)
  cluster.setStalled(false)
  await ask()
  expect(answered).toEqual(['postgres', 'postgres', 'postgres'])
})

test('an index is built when all have ended who wrote before changes were noted, also when it had to give up once', async () => {
  const { kernel, transaction, sql } = registry
  const database = kernel.resolve(Database)
  const [isWritten, isEnough] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const writing = transaction.run(async () => {
    await database.sql`update artifacts set description = 'written' where name = 'alpha'`
    isWritten.resolve()
    await isEnough.promise
  })
  await isWritten.promise
  await sql`update search_following set is_followed = false`
  await expect(noteChanges(database, 1)).rejects.toThrow('has not ended')
  await expect(noteChanges(database, 1)).rejects.toThrow('has not ended')
  isEnough.resolve()
  await writing
  await noteChanges(database)
})

test('an index is built in a database restored from a dump, whose cluster had come further than the new one', async () => {
  await registry.sql`update search_following set is_followed = true, unnoted_before = '4000000000'::xid8`
  await noteChanges(registry.kernel.resolve(Database), 1)
})

test('more changes of who may see something than a request can leave out are answered by Postgres', async () => {
  await registry.sql`insert into search_changes (artifact_id, hides) select gen_random_uuid(), true from generate_series(1, 1001)`
  await elastic.answers.find(everything, { text: undefined, offset: 0, limit: 1 })
  expect(cluster.bodies('/_search')).toEqual([])
  await elastic.feed.flush()
  await elastic.answers.find(everything, { text: undefined, offset: 0, limit: 1 })
  expect(cluster.bodies('/_search')).toHaveLength(1)
})

const never = (): never => {
  throw new Error('unreachable')
}
