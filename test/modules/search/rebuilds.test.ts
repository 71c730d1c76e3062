import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { DocumentIndex } from '../../../src/modules/search/document-index.ts'
import { PostgresDriver } from '../../../src/modules/search/postgres/postgres-driver.ts'
import { beginRebuild } from '../../../src/modules/search/rebuilds.queries.ts'
import { RebuildsService } from '../../../src/modules/search/rebuilds.service.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { Effects } from '../../../src/shared/kernel/effects.ts'
import { administrator } from '../metadata/open-registry.ts'
import { openSearch } from './open-search.ts'

let registry: Awaited<ReturnType<typeof openSearch>>

beforeAll(async () => {
  registry = await openSearch()
  const ada = await registry.user('ada')
  for (const name of ['one', 'two']) await registry.publish(ada, `library/${name}`)
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

type OtherRebuild = (onProgress: (done: number) => Promise<void>) => Promise<number>

/** Rebuilds of a registry with an index outside that is filled so. */
function withOther(rebuild: OtherRebuild): RebuildsService {
  const { kernel, transaction } = registry
  const database = kernel.resolve(Database)
  const documents = new DocumentIndex({ database, transaction, store: new PostgresDriver(database, transaction), followers: [] })
  return new RebuildsService({ database, transaction, effects: kernel.resolve(Effects), documents, other: { rebuild }, log: kernel.log })
}
const begin = async (): Promise<string> => {
  const id = randomUUID()
  expect(await beginRebuild(registry.kernel.resolve(Database), id)).toBe(true)
  return id
}
const { signal } = new AbortController()

test('a rebuild gives signs of life while an index outside is filled, and stops where another one took its place', async () => {
  const { sql } = registry
  const now = performance.now.bind(performance)
  let passed = 0
  using _clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + passed)
  let id = await begin()
  const rebuilds = withOther(async (onProgress) => {
    await sql`update search_rebuilds set seen_at = now() - interval '14 minutes'`
    passed += 2_000
    await onProgress(1)
    expect(await sql`select state, done, seen_at > now() - interval '1 minute' as "isSeen" from search_rebuilds`).toEqual([
      { state: 'running', done: 1, isSeen: true },
    ])
    return 2
  })
  await rebuilds.run(id, { signal, longestMs: 60_000 })
  expect(await rebuilds.progress(administrator)).toMatchObject({ state: 'completed', done: 2, artifacts: 2, documents: 2 })

  id = await begin()
  let wentOn = false
  const overtaken = withOther(async (onProgress) => {
    await sql`update search_rebuilds set id = ${randomUUID()}`
    passed += 2_000
    await onProgress(1)
    wentOn = true
    return 2
  })
  await overtaken.run(id, { signal, longestMs: 60_000 })
  expect(await rebuilds.progress(administrator)).toMatchObject({ state: 'running', error: null })
  expect(wentOn).toBe(false)
  await sql`update search_rebuilds set state = 'failed'`
})

test('a rebuild that takes longer than it may ends as failed, and another one may be asked for', async () => {
  const rebuilds = withOther(async () => 0)
  await rebuilds.run(await begin(), { signal, longestMs: -1 })
  expect(await rebuilds.progress(administrator)).toMatchObject({
    state: 'failed',
    documents: null,
    error: expect.stringContaining('not done'),
  })
  expect((await rebuilds.request(administrator)).state).toBe('waiting')
})
