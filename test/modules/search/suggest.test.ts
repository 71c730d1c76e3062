import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSearch } from './open-search.ts'

let registry: Awaited<ReturnType<typeof openSearch>>

beforeAll(async () => {
  registry = await openSearch()
  const { user, publish, sql, request, settled, search } = registry
  const ada = await user('ada')
  await user('bob')
  for (const name of ['widget', 'widget-kit', 'widgets', 'gadget', 'left-pad', 'a_b']) await publish(ada, `library/${name}`)
  for (const name of ['widget-secret', 'widget-open']) await publish(ada, `ada/${name}`)
  await request('PATCH', '/v1/artifacts/ada/widget-open', { as: 'ada', body: { visibility: 'public' } })
  await settled()
  await sql`update artifacts set downloads = 90000 where name = 'widgets'`
  await search.rebuild()
})
afterAll(() => registry[Symbol.asyncDispose]())

interface Suggested {
  readonly namespace: string
  readonly name: string
}
async function suggest(query: string, { as, limit = 10 }: { as?: string; limit?: number } = {}): Promise<string[]> {
  const url = `/v1/search/suggest?limit=${limit}&query=${encodeURIComponent(query)}`
  const answer = await registry.request('GET', url, as === undefined ? {} : { as })
  expect({ query, status: answer.statusCode }).toEqual({ query, status: 200 })
  const { suggestions } = answer.json() as { suggestions: Suggested[] }
  return suggestions.map(({ namespace, name }) => (namespace === 'library' ? name : `${namespace}/${name}`))
}

test('what is typed so far is completed: the name itself first, then what is most relevant', async () => {
  expect((await suggest('widget')).slice(0, 2)).toEqual(['widget', 'widgets'])
  expect((await suggest('Wid'))[0]).toBe('widgets')
  expect((await suggest('w')).length).toBe(4)
  expect(await suggest('wid', { limit: 2 })).toHaveLength(2)
  expect(await suggest('left p')).toEqual(['left-pad'])
  expect(await suggest('@library/gad')).toEqual(['gadget'])
  expect(await suggest('ada/')).toEqual(['ada/widget-open'])
})

test('Q064: a typo is forgiven', async () => {
  expect(await suggest('gadgget')).toEqual(['gadget'])
  expect(await suggest('lefft-pad')).toEqual(['left-pad'])
  expect(await suggest('zzzzzz')).toEqual([])
})

test('P5: nobody is shown the name of what they may not see', async () => {
  expect(await suggest('widget-')).toEqual(expect.not.arrayContaining(['ada/widget-secret']))
  expect(await suggest('widget-secret')).not.toContain('ada/widget-secret')
  expect(await suggest('widgt-secret', { as: 'bob' })).not.toContain('ada/widget-secret')
  expect(await suggest('widget-secret', { as: 'ada' })).toEqual(['ada/widget-secret'])
  await registry.request('PATCH', '/v1/artifacts/ada/widget-open', { as: 'ada', body: { visibility: 'private' } })
  expect(await suggest('ada/', { as: 'bob' })).toEqual([])
})

test('D-32: no text is an error, an empty one is refused', async () => {
  for (const text of ["'", '%', '_', '\\', '@', '/', 'a/', '🙂', 'a_', 'x'.repeat(100)]) expect(await suggest(text)).toBeInstanceOf(Array)
  for (const bad of ['', 'query=', 'query=a&limit=0', 'query=a&limit=21', `query=${'x'.repeat(101)}`])
    expect({ bad, status: (await registry.request('GET', `/v1/search/suggest?${bad}`)).statusCode }).toEqual({ bad, status: 400 })
})

test('suggestions follow an index of names, however many there are', async () => {
  const { suggestedNames } = await import('../../../src/modules/search/postgres/suggest.queries.ts')
  const { Database } = await import('../../../src/shared/kernel/database.ts')
  const { parseSearchText } = await import('../../../src/modules/search/search-text.ts')
  const text = parseSearchText('w')
  if (!text) throw new Error('no text')
  const database = registry.kernel.resolve(Database)
  await database.sql`select set_config('enable_seqscan', 'off', false)`
  const plan = await database.sql<
    Record<string, string>
  >`explain ${suggestedNames({ everything: false, accountIds: [], artifactIds: [] }, text, 10)}`
  expect(plan.flatMap((row) => Object.values(row)).join('\n')).toContain('search_standings_name_index')
})
