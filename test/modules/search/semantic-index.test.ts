import { sql as fragment } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { hashingEmbedder } from '../../../src/modules/search/semantic/hashing-embedder.ts'
import { MeaningUpkeep } from '../../../src/modules/search/semantic/meaning-upkeep.ts'
import { VectorIndex } from '../../../src/modules/search/semantic/vector-index.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { openSearch } from './open-search.ts'
import { corpus } from './paraphrase-corpus.ts'
import { paraphrases } from './paraphrase-queries.ts'

let registry: Awaited<ReturnType<typeof openSearch>>
beforeAll(async () => {
  registry = await openSearch()
})
afterAll(() => registry[Symbol.asyncDispose]())

const count = 2_000
const never = new AbortController().signal

/** Every text is two descriptions of the corpus mixed, so that many are near each other. */
function mixedTexts(): readonly string[] {
  const words = corpus.map(({ description, keywords }) => [...description.split(' '), ...keywords])
  return Array.from({ length: count }, (_, at) => {
    const [one = [], other = []] = [words[at % words.length], words[(at * 7 + Math.floor(at / words.length)) % words.length]]
    return [...one.filter((_word, place) => (place + at) % 3 > 0), ...other.filter((_word, place) => (place + at) % 2 > 0)].join(' ')
  })
}

/** Every minute the sweep runs by itself, perhaps right now: so until there is nothing left to do. */
const swept = () => expect.poll(() => registry.kernel.resolve(MeaningUpkeep).catchUp(never), { timeout: 20_000, interval: 10 }).toBe(0)

function product(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0)
  return sum
}

test('of the ten nearest of 2,000 vectors, sketches of 1,024 bits miss less than one', async () => {
  const { sql, kernel } = registry
  const texts = mixedTexts()
  await sql`insert into artifacts (id, namespace_id, name, format, type)
    select (lpad(to_hex(i), 8, '0') || '-0000-7000-8000-000000000000')::uuid, '01900000-0000-7000-8000-000000000001', 'item-' || i, 'generic', 'module-binary'
    from generate_series(1, ${count}::int) i`
  await sql`insert into search_documents (artifact_id, namespace, name, description, keywords, rev, source_updated_at, document)
    select a.id, 'library', '', t.text, '{}', a.rev, a.updated_at, '' from unnest(${texts}::text[]) with ordinality t (text, i)
      join artifacts a on a.name = 'item-' || t.i`
  const started = performance.now()
  await swept()
  const perDocument = (performance.now() - started) / count
  const index = new VectorIndex(kernel.resolve(Database), { ...hashingEmbedder, minSimilarity: -1 })
  const vectors = await hashingEmbedder.embed(texts.map((text) => `\n${text}`))
  const asked = paraphrases.slice(0, 40).map(({ text }) => text)
  let found = 0
  for (const vector of await hashingEmbedder.embed(asked)) {
    const near = await index.nearest(vector, { where: fragment`true`, limit: 10 })
    const cosines = vectors.map((other) => product(vector, other))
    const tenth = cosines.toSorted((one, other) => other - one)[9] ?? 0
    // Vectors of one distance are as good as each other; a byte for a dimension is off by a little.
    found += near.filter(({ artifactId }) => (cosines[Number.parseInt(artifactId.slice(0, 8), 16) - 1] ?? 0) >= tenth - 0.005).length
  }
  const recall = found / (10 * asked.length)
  process.stdout.write(`recall@10 ${recall.toFixed(3)} of ${count} vectors, ${perDocument.toFixed(2)} ms per document\n`)
  expect(recall).toBeGreaterThanOrEqual(0.9)
})

test('a publish has its vector within two seconds, another text gets another one, and what is gone has none', async () => {
  const { user, publish, sql, settled, request } = registry
  const ada = await user('ada')
  const vectorOf = () =>
    sql<{ source: string }>`select v.source from search_vectors v join search_documents d using (artifact_id)
      join search_sketches using (artifact_id) where d.name = 'widget'`
  const started = performance.now()
  await publish(ada, 'library/widget', { description: 'Shrinks pictures' })
  await expect.poll(vectorOf, { timeout: 2_000, interval: 20 }).toHaveLength(1)
  process.stdout.write(`vector ${(performance.now() - started).toFixed(0)} ms after the publish\n`)
  const [before] = await vectorOf()
  await publish(ada, 'library/widget', { version: '2.0.0', description: 'Enlarges pictures' })
  await expect.poll(async () => (await vectorOf())[0]?.source !== before?.source, { timeout: 2_000, interval: 20 }).toBe(true)
  await sql`update search_vectors set source = 'stale' from search_documents d where d.artifact_id = search_vectors.artifact_id and d.name = 'widget'`
  await swept()
  expect((await vectorOf())[0]?.source).not.toBe('stale')
  await settled()
  for (const version of ['1.0.0', '2.0.0']) await registry.catalog.unpublish(ada, { namespace: 'library', name: 'widget' }, version)
  await settled()
  expect(await vectorOf()).toEqual([])
  expect(
    await sql`select count(*) from search_vectors v left join search_sketches s using (artifact_id) where s.artifact_id is null`,
  ).toEqual([{ count: 0 }])
  expect((await request('GET', '/v1/artifacts/library/widget/-/related', { as: 'ada' })).statusCode).toBeLessThan(500)
})

test('vectors of another model are never compared, and are made anew by the sweep', async () => {
  const { kernel, sql } = registry
  const database = kernel.resolve(Database)
  const other = new VectorIndex(database, { ...hashingEmbedder, id: 'other@512' })
  const [vector] = await hashingEmbedder.embed(['shrinks photos'])
  const nearest = () => other.nearest(vector ?? new Float32Array(512), { where: fragment`true`, limit: 5 })
  expect(await nearest()).toEqual([])
  const ids = (await sql<{ id: string }>`select artifact_id as id from search_documents order by 1 limit 50`).map(({ id }) => id)
  expect(await other.renew(ids)).toBe(50)
  const found = await nearest()
  expect(found.length).toBeGreaterThan(0)
  expect(found.filter(({ artifactId }) => !ids.includes(artifactId))).toEqual([])
  await swept()
  expect(await nearest()).toEqual([])
})
