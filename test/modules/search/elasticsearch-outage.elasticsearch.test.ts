import { afterAll, beforeAll, expect, test } from 'vitest'
import { DocumentIndex } from '../../../src/modules/search/document-index.ts'
import type { DocumentBatch } from '../../../src/modules/search/search-driver.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { openElasticSearch } from './open-elastic-search.ts'

let registry: Awaited<ReturnType<typeof openElasticSearch>>
let ada: Principal

beforeAll(async () => {
  registry = await openElasticSearch()
  ada = await registry.user('ada')
  await registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  for (const name of ['alpha', 'alphabet', 'beta']) await registry.publish(ada, `ada/${name}`)
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

const metric = async (name: string): Promise<number> => {
  const { body } = await registry.request('GET', '/metrics')
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1])
}
const ready = async () => (await registry.request('GET', '/ready')).json()
const until = async (holds: () => Promise<boolean>, limitMs: number): Promise<number> => {
  const started = performance.now()
  while (!(await holds())) {
    if (performance.now() - started > limitMs) throw new Error(`not within ${limitMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return performance.now() - started
}
const stored = async () => {
  const { hits } = await registry.client.search({ index: registry.indexes.names.read, size: 100, _source: ['name'] })
  return hits.hits.map(({ _source }) => (_source as { name: string }).name).sort()
}

test('a publish is found within 2 s, without anybody waiting for the index', async () => {
  const { publish, find } = registry
  await publish(ada, 'ada/gamma')
  expect(await until(async () => (await find(anonymous, 'gamma')).total === 1, 2_000)).toBeLessThan(2_000)
  expect((await ready()).checks.search).toEqual({ status: 'up' })
})

test('degrade matrix: with Elasticsearch cut off or stalled searches are answered by Postgres within 2 s, and the index catches up on its return', async () => {
  const { server, find, publish, search, sql, feed } = registry
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now()
    await work()
    return performance.now() - started
  }
  server.stall()
  const waited = await timed(async () => expect((await find(anonymous, 'alpha')).total).toBe(2))
  expect(waited).toBeGreaterThan(900)
  expect(waited).toBeLessThan(2_000)
  // Nobody else waits for what is known to be down.
  expect(await timed(() => find(anonymous, 'alpha'))).toBeLessThan(500)
  await server.restore()
  await server.cut()
  expect(await timed(() => search.suggest(anonymous, 'alp', 5))).toBeLessThan(500)
  expect(await ready()).toMatchObject({
    status: 'degraded',
    checks: { search: { status: 'down', reason: expect.stringContaining('Postgres') } },
  })
  for (let at = 0; at < 20; at++) await publish(ada, `ada/late-${at}`)
  await sql`update versions set state = 'deleted' where artifact_id = (select id from artifacts where name = 'beta')`
  await search.rebuild()
  await registry.kernel.drainEffects()
  expect((await find(anonymous, 'late')).total).toBe(20)
  expect(await metric('registry_search_waiting_changes')).toBeGreaterThanOrEqual(20)
  await expect(feed.flush()).rejects.toThrow()
  await server.restore()
  const caughtUp = await until(async () => (await metric('registry_search_waiting_changes')) === 0, 60_000)
  expect(caughtUp).toBeLessThan(60_000)
  await registry.settled()
  expect(await stored()).toEqual(['alpha', 'alphabet', 'gamma', ...Array.from({ length: 20 }, (_, at) => `late-${at}`)].sort())
  const before = registry.searches()
  expect((await find(anonymous, 'late')).total).toBe(20)
  expect(registry.searches()).toBe(before + 1)
  expect((await ready()).status).toBe('ready')
}, 90_000)

test('a new index takes the place of the old one in one step: what changes meanwhile is in it, and searches go on', async () => {
  const { elastic, publish, find, indexes, client, feed, sql } = registry
  const before = (await indexes.state()).current
  const ids = (await sql<{ id: string }>`select id from artifacts order by id`).map(({ id }) => id)
  const reader = readerOf()
  async function* batches(): AsyncIterable<DocumentBatch> {
    const [first, rest] = [ids.slice(0, 2), ids.slice(2)]
    yield reader.read(first)
    await publish(ada, 'ada/meanwhile')
    await publish(ada, 'ada/alpha', { version: '2.0.0', keywords: ['renewed'] })
    await registry.kernel.drainEffects()
    await feed.flush()
    expect((await find(anonymous, 'alpha')).total).toBe(2)
    // An old batch: read before the change, written after it.
    yield { artifactIds: first, documents: stale }
    yield reader.read(rest)
  }
  const stale = (await reader.read(ids.slice(0, 2))).documents
  expect(await elastic.rebuild(batches())).toBeGreaterThan(20)
  const after = (await indexes.state()).current
  expect(after).not.toBe(before)
  expect(Object.keys(await client.indices.get({ index: indexes.names.pattern }))).toEqual([after])
  expect(await stored()).toContain('meanwhile')
  await registry.settled()
  expect((await find(anonymous, 'renewed')).hits.map(({ name }) => name)).toEqual(['alpha'])
})

test('a rebuild that fails leaves the old index and nothing else; two at a time are refused', async () => {
  const { elastic, indexes, client, find } = registry
  const { current } = await indexes.state()
  async function* broken(): AsyncIterable<DocumentBatch> {
    await expect(elastic.rebuild(broken())).rejects.toMatchObject({ code: 'search.rebuild_underway' })
    yield { artifactIds: [], documents: [] }
    throw new Error('out of order')
  }
  await expect(elastic.rebuild(broken())).rejects.toThrow('out of order')
  expect(Object.keys(await client.indices.get({ index: indexes.names.pattern }))).toEqual([current])
  expect((await indexes.state()).targets).toEqual([indexes.names.write])
  expect((await find(anonymous, 'alphabet')).total).toBe(1)
})

test('an index that somebody removed is built anew by itself', async () => {
  const { client, indexes, publish, find, feed } = registry
  await client.indices.delete({ index: indexes.names.pattern })
  expect((await find(anonymous, 'alphabet')).total).toBe(1)
  await publish(ada, 'ada/omega')
  await registry.kernel.drainEffects()
  await feed.flush()
  await registry.settled()
  expect(await stored()).toEqual(expect.arrayContaining(['alphabet', 'omega', 'late-7']))
  const before = registry.searches()
  expect((await find(anonymous, 'omega')).total).toBe(1)
  expect(registry.searches()).toBe(before + 1)
})

function readerOf() {
  const { database, transaction } = registry
  return new DocumentIndex({ database, transaction, store: registry.postgres, followers: [] })
}
