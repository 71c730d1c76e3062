import { afterAll, beforeAll, expect, test } from 'vitest'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { fillCorpus } from './fill-corpus.ts'
import { openSearch } from './open-search.ts'
import { corpus } from './paraphrase-corpus.ts'
import { paraphrases } from './paraphrase-queries.ts'
import { described, paraphraseScores } from './paraphrase-scores.ts'

let registry: Awaited<ReturnType<typeof openSearch>>
let ada: Principal
beforeAll(async () => {
  registry = await openSearch()
  await fillCorpus(registry)
  ada = await registry.user('ada')
})
afterAll(() => registry[Symbol.asyncDispose]())

test('73 paraphrases of what 174 artifacts do: hybrid search finds what keywords miss, and the local method is marked experimental', async () => {
  const scores = await paraphraseScores(registry)
  process.stdout.write(described(scores, 'local, experimental'))
  expect(paraphrases.length).toBeGreaterThanOrEqual(50)
  expect(paraphrases.flatMap(({ gains }) => [...gains.keys()]).filter((name) => !corpus.some((item) => item.name === name))).toEqual([])
  expect(scores.hybrid).toBeGreaterThan(scores.keywords + 0.1)
  // By less than a hundredth: docs/semantic-search.md says so, and that it is why the method is called experimental.
  expect(scores.hybrid).toBeGreaterThan(scores.anyWord)
  const { semantic } = (await registry.request('GET', '/v1/search?query=fix+typos&semantic=true')).json()
  expect(semantic).toEqual({ model: 'hashing-1@512', experimental: true, available: true })
})

test('an exact name stays first, filters and pages count alike, and nothing is told of meanings where nobody asked', async () => {
  const { find, names } = registry
  expect((await names(anonymous, 'csv-stream', { semantic: true }))[0]).toBe('csv-stream')
  const all = await find(anonymous, 'parser of files', { semantic: true, limit: 100 })
  expect(all.total).toBe(all.hits.length)
  expect(all.total).toBeGreaterThan(3)
  const second = await find(anonymous, 'parser of files', { semantic: true, offset: 2, limit: 2 })
  expect(second.hits.map(({ name }) => name)).toEqual(all.hits.slice(2, 4).map(({ name }) => name))
  expect((await find(anonymous, 'parser of files', { semantic: true, type: ['model'] })).total).toBe(0)
  expect((await find(anonymous, 'parser', {})).semantic).toBeUndefined()
  expect((await find(anonymous, '', { semantic: true })).semantic).toBeUndefined()
})

test('P5: what is near in meaning and hidden is in no result, total or relation, whatever crowds around it', async () => {
  const { publish, settled, request, names, find, user } = registry
  await user('bob')
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'private' } })
  const about = { description: 'Counts moonbeams above the lighthouse', keywords: ['moonbeam'] }
  for (const name of ['one', 'two', 'three']) await publish(ada, `ada/${name}`, about)
  await publish(ada, 'library/moon-public', about)
  await settled()
  await settled()
  const query = 'lighthouse counting of moonbeams'
  expect((await names(ada, query, { semantic: true })).slice(0, 4).toSorted()).toEqual(['ada/one', 'ada/three', 'ada/two', 'moon-public'])
  const seen = await find(anonymous, query, { semantic: true, limit: 100 })
  expect(seen.hits.filter(({ namespace }) => namespace === 'ada')).toEqual([])
  expect(seen.total).toBe(seen.hits.length)
  const related = (await request('GET', '/v1/artifacts/library/moon-public/-/related', { as: 'bob' })).json()
  expect(related.items.filter(({ namespace }: { namespace: string }) => namespace === 'ada')).toEqual([])
  const own = (await request('GET', '/v1/artifacts/library/moon-public/-/related', { as: 'ada' })).json()
  expect(own.items.slice(0, 3).map(({ namespace, score }: { namespace: string; score: number }) => [namespace, score > 0.8])).toEqual([
    ['ada', true],
    ['ada', true],
    ['ada', true],
  ])
  expect((await request('GET', '/v1/artifacts/ada/one/-/related', { as: 'bob' })).statusCode).toBe(404)
  expect((await request('GET', '/v1/artifacts/ada/one/-/related')).statusCode).toBe(401)
})

test('related artifacts share meaning, keywords or dependencies, and say which', async () => {
  const { publish, settled, request } = registry
  await publish(ada, 'library/left', { description: 'Zigzags', dependencies: { 'rare-dep': '1', common: '2' } })
  await publish(ada, 'library/right', { description: 'Unlike in every word', dependencies: { 'rare-dep': '^1' } })
  await settled()
  await settled()
  const { items, semantic } = (await request('GET', '/v1/artifacts/library/left/-/related?limit=5')).json()
  expect(items[0]).toMatchObject({ name: 'right', shared: { dependencies: ['rare-dep'] } })
  expect(semantic).toMatchObject({ experimental: true })
  const images = (await request('GET', '/v1/artifacts/library/pixel-squeeze/-/related?limit=5')).json().items
  expect(images.flatMap(({ shared }: { shared: { keywords: string[] } }) => shared.keywords)).toContain('image')
  expect(images.map(({ name }: { name: string }) => name)).not.toContain('pixel-squeeze')
  expect((await request('GET', '/v1/artifacts/library/nothing/-/related', { as: 'ada' })).statusCode).toBe(404)
})

test('of many keywords the rarest relate, and what is in everything is not gone through', async () => {
  const { publish, settled, request, sql } = registry
  const rare = Array.from({ length: 12 }, (_, at) => `rare-${at}`)
  await publish(ada, 'library/many-words', { description: 'Quokka', keywords: ['everywhere', ...rare] })
  await publish(ada, 'library/one-of-them', { description: 'Numbat', keywords: ['rare-3', 'everywhere'] })
  await publish(ada, 'library/of-the-crowd', { description: 'Bilby', keywords: ['everywhere'] })
  await settled()
  await settled()
  await sql`update search_documents set keywords = keywords || array['everywhere'] where not 'everywhere' = any(keywords)`
  await sql`analyze search_documents`
  const { items } = (await request('GET', '/v1/artifacts/library/many-words/-/related?limit=50')).json()
  expect(items[0]).toMatchObject({ name: 'one-of-them', shared: { keywords: ['everywhere', 'rare-3'] } })
  // What is near by meaning alone is few; with the word that all have it would be fifty.
  expect(items.length).toBeLessThan(30)
})
