import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { EmbeddingUnavailable } from '../../../src/modules/search/semantic/embedder.ts'
import { EndpointEmbedder } from '../../../src/modules/search/semantic/endpoint-embedder.ts'
import { MeaningUpkeep } from '../../../src/modules/search/semantic/meaning-upkeep.ts'
import { Outbound } from '../../../src/shared/kernel/outbound.ts'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { serveEmbeddings } from './embedding-server.ts'
import { openSearch } from './open-search.ts'

let endpoint: Awaited<ReturnType<typeof serveEmbeddings>>
let registry: Awaited<ReturnType<typeof openSearch>>
const never = new AbortController().signal

beforeAll(async () => {
  endpoint = await serveEmbeddings()
  const settings = {
    embeddingUrl: endpoint.url,
    embeddingModel: 'test',
    embeddingKey: 'k-1',
    embeddingDimensions: 512,
    embeddingAttempts: 2,
  }
  registry = await openSearch({ settings: { search: settings }, kernel: { outboundAllow: ['127.0.0.1'] } })
})
beforeEach(() => {
  endpoint.answers('well')
  endpoint.refuses(undefined)
  endpoint.asked.length = 0
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await endpoint[Symbol.asyncDispose]()
})

const embedder = (more: Partial<ConstructorParameters<typeof EndpointEmbedder>[1]> = {}) =>
  new EndpointEmbedder(registry.kernel.resolve(Outbound), {
    ...{ url: endpoint.url, model: 'test', key: '', dimensions: 512, batchSize: 64, timeoutMs: 10_000, attempts: 1, minSimilarity: 0.2 },
    ...more,
  })

test('texts go to the endpoint in batches, with the key, and come back in their order', async () => {
  const vectors = await embedder({ batchSize: 2, key: 'secret' }).embed(['red apples', 'green pears', 'blue plums'])
  expect(endpoint.asked.map(({ input }) => input)).toEqual([['red apples', 'green pears'], ['blue plums']])
  expect(endpoint.asked[0]).toMatchObject({ model: 'test', authorization: 'Bearer secret' })
  const alone = await embedder().embed(['green pears'])
  expect(vectors[1]).toEqual(alone[0])
})

test('what passes is asked again, what will not change is not', async () => {
  endpoint.answers(503)
  await expect(embedder({ attempts: 3 }).embed(['a'])).rejects.toThrow(EmbeddingUnavailable)
  expect(endpoint.asked).toHaveLength(3)
  endpoint.answers(401)
  await expect(embedder({ attempts: 3 }).embed(['a'])).rejects.toThrow('answered 401')
  expect(endpoint.asked).toHaveLength(4)
  endpoint.answers('well')
  await expect(embedder({ attempts: 3, dimensions: 64 }).embed(['a'])).rejects.toThrow('512 dimensions, and embeddingDimensions says 64')
  expect(endpoint.asked).toHaveLength(5)
  endpoint.answers('never')
  await expect(embedder({ timeoutMs: 50 }).embed(['a'])).rejects.toThrow(EmbeddingUnavailable)
})

test('D-24: the endpoint is asked through the guarded way out', async () => {
  await expect(embedder({ url: 'http://10.0.0.1/v1' }).embed(['a'])).rejects.toThrow(EmbeddingUnavailable)
})

test('a model that does not answer: words alone are searched within two seconds, the answer says so, and vectors are made up for', async () => {
  const { user, publish, settled, request, kernel, sql, find } = registry
  const ada = await user('ada')
  endpoint.answers('never')
  await publish(ada, 'library/widget', { description: 'Shrinks pictures' })
  endpoint.answers(503)
  await settled()
  await settled()
  expect(await sql`select count(*) from search_vectors`).toEqual([{ count: 0 }])
  endpoint.answers('never')
  const started = performance.now()
  const answer = await request('GET', '/v1/search?query=pictures&semantic=true')
  expect(performance.now() - started).toBeLessThan(2_000)
  expect(answer.json()).toMatchObject({
    items: [{ name: 'widget' }],
    semantic: { model: 'test@512', experimental: false, available: false },
  })
  const again = performance.now()
  expect((await find(anonymous, 'pictures', { semantic: true })).semantic).toMatchObject({ available: false })
  expect(performance.now() - again).toBeLessThan(500)
  endpoint.answers('well')
  await expect.poll(() => kernel.resolve(MeaningUpkeep).catchUp(never), { timeout: 20_000, interval: 10 }).toBe(0)
  expect(await sql`select model, octet_length(vector) as size from search_vectors`).toEqual([{ model: 'test@512', size: 512 }])
})

test('one text that the endpoint refuses keeps no other from its vector, and is asked about again only when it changed', async () => {
  const { user, publish, settled, kernel, sql } = registry
  const meaning = kernel.resolve(MeaningUpkeep)
  const caughtUp = () => expect.poll(() => meaning.catchUp(never), { timeout: 20_000, interval: 10 }).toBe(0)
  const sizes = async () =>
    Object.fromEntries(
      (
        await sql<{ name: string; size: number }>`select d.name, octet_length(v.vector) as size
          from search_vectors v join search_documents d using (artifact_id) where d.name like 'of-%'`
      ).map(({ name, size }) => [name, size]),
    )
  const grace = await user('grace')
  endpoint.answers(400)
  for (const name of ['of-one', 'of-two', 'of-three', 'of-four'])
    await publish(grace, `library/${name}`, { description: name === 'of-three' ? 'poison' : 'fine' })
  await settled()
  await settled()
  await caughtUp()
  // All of them refused: it is no text's fault.
  expect(await sizes()).toEqual({})
  endpoint.answers('well')
  endpoint.refuses('poison')
  await caughtUp()
  expect(await sizes()).toEqual({ 'of-one': 512, 'of-two': 512, 'of-three': 0, 'of-four': 512 })
  endpoint.asked.length = 0
  await caughtUp()
  expect(endpoint.asked).toEqual([])
  await publish(grace, 'library/of-three', { version: '2.0.0', description: 'harmless' })
  await settled()
  await settled()
  await caughtUp()
  expect(await sizes()).toMatchObject({ 'of-three': 512 })
})
