import { afterAll, beforeAll, expect, test } from 'vitest'
import { countDependants } from '../../../src/modules/insights/recommendations/pairs.queries.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { type InsightsRegistry, openInsights } from './open-insights.ts'

let registry: InsightsRegistry
let ada: Principal
let bob: Principal
interface Item {
  readonly name: string
  readonly kind: string
  readonly reason: string
  readonly score: number
}
const recommended = async (path: string, as?: string): Promise<Item[]> => (await registry.get(`/v1/artifacts/${path}`, as)).body.items
const named = (items: readonly Item[]) => items.map(({ name, kind }) => `${kind} ${name}`)

beforeAll(async () => {
  registry = await openInsights()
  ada = await registry.user('ada')
  bob = await registry.user('bob')
  const { publish } = registry
  for (const name of ['react', 'dom', 'router', 'chalk', 'lonely']) await publish(ada, `library/${name}:1.0.0`)
  // react with dom in four apps, with router in two, with chalk in one; chalk in three more.
  const apps: readonly (readonly string[])[] = [
    ...[
      ['react', 'dom', 'router'],
      ['react', 'dom', 'router'],
      ['react', 'dom', 'chalk'],
      ['react', 'dom', 'lonely'],
    ],
    ...[['chalk'], ['chalk'], ['chalk', 'router']],
  ]
  for (const [at, needs] of apps.entries())
    await publish(ada, `library/app-${at}:1.0.0`, { dependencies: Object.fromEntries(needs.map((name) => [name, '^1.0.0'])) })
  // Nobody but bob knows that these have react and lonely.
  for (const at of [1, 2, 3]) await publish(bob, `bob/app-${at}:1.0.0`, { dependencies: { react: '^1', lonely: '^1' } })
  const generic = (type: 'plugin' | 'template' | 'agent') => ({ as: { format: 'generic', type } }) as const
  await publish(ada, 'library/react-devtools:1.0.0', { dependencies: [{ name: 'library/react', version: '^1' }], ...generic('plugin') })
  await publish(bob, 'bob/react-secret:1.0.0', { dependencies: [{ name: 'library/react', version: '^1' }], ...generic('plugin') })
  await publish(ada, 'library/web:1.0.0', {
    ...generic('template'),
    ...{
      keywords: ['spa'],
      config: { templateType: 'app', framework: 'React', language: 'TypeScript', includesModules: ['library/router:1.0.0'] },
    },
  })
  await publish(ada, 'library/api:1.0.0', {
    ...generic('template'),
    config: { templateType: 'app', framework: 'fastify', language: 'typescript' },
  })
  await publish(bob, 'bob/web:1.0.0', {
    ...generic('template'),
    config: { templateType: 'app', framework: 'react', language: 'typescript' },
  })
  await publish(ada, 'library/llama:1.0.0', {
    as: { format: 'model', type: 'model' },
    config: { modelFormat: 'gguf', runtime: 'llama.cpp' },
  })
  await publish(ada, 'library/runner:1.0.0', { ...generic('agent'), keywords: ['GGUF', 'inference'] })
  await registry.keepUp()
})
afterAll(() => registry[Symbol.asyncDispose]())

test('R19.2: what comes together in what depends on them is related, the closest first, with the reason', async () => {
  const items = (await recommended('library/react/-/recommendations')).filter(({ kind }) => kind === 'used-together')
  // Of react's five public dependants (four apps and a plugin) four have dom, which nothing else has; two have router, which four have.
  expect(items.map(({ name, score }) => [name, Number(score.toFixed(3))])).toEqual([
    ['dom', 0.8],
    ['router', 0.286],
  ])
  expect(items[0]?.reason).toBe('4 artifacts have both, 1.8 times as many as by chance')
  // Once is no pattern, and what only private artifacts have together is not told.
  expect(named(items)).not.toContain('used-together lonely')
  expect(named(await recommended('library/react/-/recommendations', 'bob'))).not.toContain('used-together lonely')
})

test('R19.3: on install what is of use beside it, without what it brings itself', async () => {
  expect(named(await recommended('library/react/-/recommendations?for=install'))).toEqual([
    ...['plugin react-devtools', 'used-together dom', 'used-together router'],
  ])
  expect(named(await recommended('library/react/-/recommendations?for=install', 'bob'))).toContain('plugin react-secret')
  expect(named(await recommended('library/app-0/-/recommendations?for=install'))).toEqual([])
  expect(await recommended('library/react/-/recommendations?for=install&limit=1')).toHaveLength(1)
})

test('R19.1: a project is told what projects like it have beside', async () => {
  const ask = async (names: readonly string[]) =>
    (await registry.post('/v1/insights/recommendations', { dependencies: names.map((name) => ({ name })) })).body.items
  expect(named(await ask(['react', 'dom']))).toEqual(['used-together router'])
  expect(await ask(['nothing'])).toEqual([])
  expect((await registry.post('/v1/insights/recommendations?limit=51', { dependencies: [] })).status).toBe(400)
})

test('R19.5: templates are ranked by how much of the stack they are made with; private ones are for who may see them', async () => {
  const ask = async (technologies: unknown, as?: string) => (await registry.post('/v1/insights/templates', { technologies }, as)).body
  const { items } = await ask(['TypeScript', 'react', 'router'])
  expect(items.map(({ name, reason }: Item) => [name, reason])).toEqual([
    ['web', 'made with react, router, typescript'],
    ['api', 'made with typescript'],
  ])
  expect((await ask(['react'], 'bob')).items.map(({ namespace }: { namespace: string }) => namespace).sort()).toEqual(['bob', 'library'])
  expect((await ask(['cobol'])).items).toEqual([])
  for (const technologies of [[], 'react', [1], Array(101).fill('x'), ['']]) expect((await ask(technologies)).status).toBe(400)
})

test('R19.4: models are told what runs them', async () => {
  const items = await recommended('library/llama/-/recommendations')
  expect(items).toMatchObject([{ name: 'runner', kind: 'runtime', reason: 'says that it runs gguf' }])
})

test('R19.2: what the same clients download is related, when three did', async () => {
  await registry.sql`insert into analytics_together (artifact_id, other_id, day, clients)
    select a.id, b.id, current_date - 1, case b.name when 'chalk' then 5 when 'dom' then 9 else 2 end
    from artifacts a, artifacts b where a.name = 'lonely' and b.name in ('chalk', 'dom', 'router', 'react-secret')`
  const items = (await recommended('library/lonely/-/recommendations')).filter(({ kind }) => kind === 'downloaded-together')
  expect(items.map(({ name, reason }) => [name, reason])).toEqual([
    ['dom', 'downloaded by the same clients on the same day, 9 times in 90 days'],
    ['chalk', 'downloaded by the same clients on the same day, 5 times in 90 days'],
  ])
})

test('P5: what the caller may not see is no measure of what clients download together, and takes no place of it', async () => {
  await registry.sql`insert into analytics_together (artifact_id, other_id, day, clients)
    select a.id, b.id, current_date - 1, case b.name when 'chalk' then 5 when 'dom' then 10 else 50 end
    from artifacts a, artifacts b where a.name = 'api' and b.name in ('chalk', 'dom', 'react-secret')`
  const downloaded = async (as?: string) =>
    (await recommended('library/api/-/recommendations?limit=50', as)).flatMap(({ name, kind, score }) =>
      kind === 'downloaded-together' ? [[name, score]] : [],
    )
  expect(await downloaded()).toEqual([
    ['dom', 1],
    ['chalk', 0.5],
  ])
  expect(await downloaded('bob')).toEqual([
    ['react-secret', 1],
    ['dom', 0.2],
    ['chalk', 0.1],
  ])
  // Of many who are hidden, none pushes what is seen over the edge.
  const first = (await recommended('library/api/-/recommendations?limit=1'))[0]
  expect([first?.name, first?.score]).toEqual(['dom', 1])
})

test('what one client downloads on many days is told to nobody', async () => {
  await registry.sql`insert into analytics_together (artifact_id, other_id, day, clients)
    select a.id, b.id, current_date - d, 2 from artifacts a, artifacts b, generate_series(1, 9) d where a.name = 'router' and b.name = 'lonely'`
  const items = await recommended('library/router/-/recommendations')
  expect(items.filter(({ kind }) => kind === 'downloaded-together')).toEqual([])
})

test('of many artifacts that depend on anything, the number of the last day is used instead of counting each minute', async () => {
  const { sql, kernel } = registry
  const database = kernel.resolve(Database)
  await sql`update insights_upkeep set dependants = 20000, dependants_counted_at = now()`
  expect(await countDependants(database)).toBe(20_000)
  await sql`update insights_upkeep set dependants_counted_at = now() - interval '25 hours'`
  expect(await countDependants(database)).toBeLessThan(20)
})

test('what is deprecated is not recommended', async () => {
  await registry.request('PUT', '/v1/artifacts/library/dom/-/deprecations/1.0.0', { as: 'ada', body: { reason: 'old' } })
  await registry.settled()
  expect(named(await recommended('library/react/-/recommendations'))).not.toContain('used-together dom')
})
