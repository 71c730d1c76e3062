import { afterAll, beforeAll, expect, test } from 'vitest'
import { IndexUpkeep } from '../../../src/modules/search/index-upkeep.ts'
import { openSearch } from './open-search.ts'

let registry: Awaited<ReturnType<typeof openSearch>>
const pad = (at: number) => String(at).padStart(3, '0')

beforeAll(async () => {
  registry = await openSearch()
  const ada = await registry.user('ada')
  await registry.request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  for (let at = 0; at < 45; at += 1) await registry.publish(ada, `library/item-${pad(at)}`, { keywords: at % 2 ? ['odd'] : ['even'] })
  await registry.publish(ada, 'ada/widget', {
    ...{ version: '1.2.0', description: 'A widget', keywords: ['ui', 'forms'], license: 'MIT' },
    ...{ homepage: 'https://widget.example.org', repository: 'git+https://code.example.org/w.git' },
  })
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

const get = async (url: string) => {
  const answer = await registry.request('GET', url)
  return { status: answer.statusCode, body: answer.json() }
}

test('pages hold every result once', async () => {
  const seen: string[] = []
  for (let page = 1; page <= 5; page += 1) {
    const { status, body } = await get(`/v1/search?query=item&pageSize=10&page=${page}`)
    expect([status, body.total, body.page, body.pageSize]).toEqual([200, 45, page, 10])
    seen.push(...body.items.map(({ name }: { name: string }) => name))
  }
  expect(seen.toSorted()).toEqual(Array.from({ length: 45 }, (_, at) => `item-${pad(at)}`))
  const beyond = await get('/v1/search?query=item&pageSize=10&page=6')
  expect(beyond.body).toMatchObject({ items: [], total: 45 })
})

test('filters of the search may be given several times', async () => {
  const total = async (query: string) => (await get(`/v1/search?${query}`)).body.total
  expect(await total('keyword=odd')).toBe(22)
  expect(await total('keyword=odd&keyword=ui')).toBe(23)
  expect(await total('namespace=ada')).toBe(1)
  expect(await total('namespace=gati.dev/users/ada&namespace=library')).toBe(46)
  expect(await total('type=model')).toBe(0)
  expect(await total('type=model&type=module-node')).toBe(46)
  expect(await total('format=oci')).toBe(0)
})

test('D-15: a page behind result 10,000 and parameters that are none are refused precisely', async () => {
  const deep = await get('/v1/search?pageSize=100&page=101')
  expect([deep.status, deep.body.code, deep.body.details]).toEqual([400, 'search.page_too_deep', { lastResult: 10_000 }])
  expect((await get('/v1/search?pageSize=100&page=100')).status).toBe(200)
  for (const bad of [
    'pageSize=101',
    'pageSize=0',
    'page=0',
    'page=1e999',
    'sortBy=luck',
    'type=nothing',
    'query=a&query=b',
    `query=${'x'.repeat(257)}`,
  ])
    expect({ bad, status: (await get(`/v1/search?${bad}`)).status }).toEqual({ bad, status: 400 })
})

test('the npm door answers as clients of npm read it', async () => {
  const { status, body } = await get('/npm/-/v1/search?text=widget&size=20&from=0&quality=0.65&popularity=0.98&maintenance=0.5')
  expect(status).toBe(200)
  expect(body).toEqual({
    objects: [
      {
        package: {
          ...{ name: '@ada/widget', scope: 'ada', version: '1.2.0', description: 'A widget', keywords: ['ui', 'forms'], license: 'MIT' },
          date: expect.any(String),
          links: {
            npm: expect.stringMatching(/\/npm\/@ada\/widget$/),
            ...{ homepage: 'https://widget.example.org', repository: 'git+https://code.example.org/w.git' },
          },
          publisher: { username: 'ada' },
          maintainers: [{ username: 'ada' }],
        },
        score: {
          final: expect.any(Number),
          detail: { quality: expect.any(Number), popularity: expect.any(Number), maintenance: expect.any(Number) },
        },
        searchScore: expect.any(Number),
      },
    ],
    total: 1,
    time: expect.any(String),
  })
  expect(new Date(body.objects[0].package.date).getFullYear()).toBeGreaterThan(2_000)
})

test('qualifiers narrow the search of packages, those without a meaning are ignored', async () => {
  const found = async (text: string) => {
    const { body } = await get(`/npm/-/v1/search?size=250&text=${encodeURIComponent(text)}`)
    return body.objects.map((one: { package: { name: string } }) => one.package.name)
  }
  expect(await found('scope:ada')).toEqual(['@ada/widget'])
  expect(await found('scope:@ada widget is:unstable not:insecure boost-exact:false')).toEqual(['@ada/widget'])
  expect(await found('keywords:ui,odd')).toHaveLength(23)
  expect(await found('item keywords:"even"')).toHaveLength(23)
  expect(await found('maintainer:ada')).toHaveLength(46)
  expect(await found('author:nobody')).toEqual([])
  expect(await found('item-007')).toEqual(['item-007'])
  expect(await found('scope:nobody')).toEqual([])
})

test('size and from page the packages', async () => {
  const first = (await get('/npm/-/v1/search?text=item')).body
  expect([first.objects.length, first.total]).toEqual([20, 45])
  const rest = (await get('/npm/-/v1/search?text=item&from=20&size=1000')).body
  expect(rest.objects).toHaveLength(25)
  const names = [...first.objects, ...rest.objects].map((one: { package: { name: string } }) => one.package.name)
  expect(new Set(names).size).toBe(45)
  expect((await get('/npm/-/v1/search?text=item&size=0')).body).toMatchObject({ objects: [], total: 45 })
})

test('D-32: lists where a text belongs, and depths that nobody reads, are 400 in the form of the door', async () => {
  for (const bad of ['text=a&text=b', 'size=-1', 'size=x', 'from=9990&size=20', 'size=5&size=6']) {
    const { status, body } = await get(`/npm/-/v1/search?${bad}`)
    expect({ bad, status, error: typeof body.error }).toEqual({ bad, status: 400, error: 'string' })
  }
})

test('all the weight on one part is an order by it', async () => {
  await registry.sql`update artifacts set downloads = 5000 where name = 'item-031'`
  await registry.kernel.resolve(IndexUpkeep).catchUp(new AbortController().signal)
  const first = async (weights: string) => (await get(`/npm/-/v1/search?text=item&size=1&${weights}`)).body.objects[0].package.name
  expect(await first('quality=0&popularity=1&maintenance=0')).toBe('item-031')
  expect(await first('quality=0&popularity=0&maintenance=1')).toBe('item-044')
  const byDownloads = await get('/v1/search?query=item&sortBy=downloads&pageSize=1')
  expect(byDownloads.body.items).toMatchObject([{ name: 'item-031', downloads: 5_000 }])
})
