import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scores } from '../../../src/modules/scanning/scores.contract.ts'
import { DocumentIndex } from '../../../src/modules/search/document-index.ts'
import { IndexUpkeep } from '../../../src/modules/search/index-upkeep.ts'
import { PostgresDriver } from '../../../src/modules/search/postgres/postgres-driver.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { openSearch } from './open-search.ts'

let registry: Awaited<ReturnType<typeof openSearch>>

const about = {
  'orm-kit': {
    ...{ description: 'Maps rows of a database to objects', capabilities: ['db:read', 'db:write'], language: 'TypeScript', license: 'MIT' },
    ...{ gatiVersion: '^1.2.0', keywords: ['database'], repository: 'https://code.example.org/orm', types: 'index.d.ts', readme: '# orm' },
  },
  'log-kit': {
    ...{ description: 'Writes <b>logs</b> to a database', config: { capabilities: ['fs:write'] }, license: '(mit OR Apache-2.0)' },
    gatiVersion: '>=1 <3',
  },
  'map-kit': { description: 'Draws maps', languages: ['Python', 'rust'], license: 'SEE LICENSE IN COPYING', gatiVersion: 'not a range' },
  'bare-kit': { capabilities: 'db:read' },
}

beforeAll(async () => {
  registry = await openSearch()
  const ada = await registry.user('ada')
  for (const [name, rest] of Object.entries(about)) await registry.publish(ada, `library/${name}`, rest)
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

interface Item {
  readonly name: string
  readonly [member: string]: unknown
}
async function get(parameters: string): Promise<{ items: Item[]; total: number; facets?: unknown; [member: string]: unknown }> {
  const answer = await registry.request('GET', `/v1/search?${parameters}`)
  expect({ parameters, status: answer.statusCode }).toEqual({ parameters, status: 200 })
  return answer.json()
}
const found = async (parameters: string) => (await get(parameters)).items.map(({ name }) => name).toSorted()

test.each([
  ['capabilities=db:read', ['bare-kit', 'orm-kit']],
  ['capabilities=fs:write&capabilities=db:write', ['log-kit', 'orm-kit']],
  ['capabilities=DB:READ', []],
  ['language=typescript', ['orm-kit']],
  ['language=Rust', ['map-kit']],
  ['language=javascript', ['bare-kit', 'log-kit']],
  ['license=mit', ['log-kit', 'orm-kit']],
  ['license=apache-2.0', ['log-kit']],
  ['license=other', ['map-kit']],
  ['gatiVersion=1.1.0', ['log-kit']],
  ['gatiVersion=1.9.3', ['log-kit', 'orm-kit']],
  ['gatiVersion=2.0.0', ['log-kit']],
  ['gatiVersion=3.0.0', []],
  ['maintainer=ada', ['bare-kit', 'log-kit', 'map-kit', 'orm-kit']],
  ['maintainer=nobody', []],
  ['keyword=DATABASE', ['orm-kit']],
  ['query=database&license=mit&language=typescript&capabilities=db:write&gatiVersion=1.2.0&type=module-node', ['orm-kit']],
  ['query=db:write', ['orm-kit']],
] as const)('Q103: %s finds %j', async (parameters, names) => {
  expect(await found(parameters)).toEqual(names)
})

test('Q065: facets count every match exactly, not those of the page alone', async () => {
  const { facets, items } = await get('query=kit&facets=true&pageSize=1')
  expect(items).toHaveLength(1)
  expect(facets).toEqual({
    types: [{ value: 'module-node', count: 4 }],
    capabilities: [
      { value: 'db:read', count: 2 },
      { value: 'db:write', count: 1 },
      { value: 'fs:write', count: 1 },
    ],
    languages: [
      { value: 'javascript', count: 2 },
      { value: 'python', count: 1 },
      { value: 'rust', count: 1 },
      { value: 'typescript', count: 1 },
    ],
    licenses: [
      { value: 'MIT', count: 2 },
      { value: 'Apache-2.0', count: 1 },
      { value: 'other', count: 1 },
    ],
    approximate: false,
  })
  expect((await get('facets=true&capabilities=db:read')).facets).toMatchObject({ types: [{ value: 'module-node', count: 2 }] })
  expect((await get('facets=true')).facets).toEqual(facets)
  expect((await get('query=zzzzzz&facets=true')).facets).toMatchObject({ types: [], approximate: false })
  expect(await get('query=kit')).not.toHaveProperty('facets')
})

test('highlights are places in plain texts, so that markup of a publisher stays text', async () => {
  const { items } = await get('query=writes&highlight=true')
  const [log] = items
  expect(log?.['highlights']).toEqual([{ field: 'description', text: about['log-kit'].description, ranges: [[0, 6]] }])
  const [orm] = (await get('query=orm&highlight=true')).items
  expect(orm?.['highlights']).toEqual([{ field: 'name', text: 'orm-kit', ranges: [[0, 3]] }])
  const [words] = (await get('query=databases&highlight=true&language=typescript')).items
  expect(words?.['highlights']).toContainEqual({ field: 'keywords', text: 'database', ranges: [[0, 8]] })
  expect((await get('query=orm')).items[0]).not.toHaveProperty('highlights')
  expect((await get('highlight=true')).items[0]?.['highlights']).toEqual([])
  // A namespace alone names nothing in a name.
  for (const item of (await get('query=ada/&highlight=true')).items) expect(JSON.stringify(item['highlights'])).not.toContain('[0,0]')
})

test('an explanation comes to the score that was ranked by', async () => {
  await registry.sql`update artifacts set downloads = 4000, stars = 7 where name = 'orm-kit'`
  for (const query of ['orm-kit', 'orm', 'database', 'omr-kit']) {
    const [first] = (await get(`query=${query}&explain=true`)).items
    const { score, explanation } = first as unknown as {
      score: Record<string, number>
      explanation: { tier: number; factors: Record<string, number>; formula: string }
    }
    const weight = Object.values(explanation.factors).reduce((product, factor) => product * factor, 1)
    expect(score['final']).toBeCloseTo((explanation.tier + (score['text'] ?? 0) * weight) / 4, 3)
    expect(explanation.formula).toMatch(/^\([0-3] \+ .* \* .*\) \/ 4 = [01]/)
  }
  expect((await get('query=orm-kit&explain=true')).items[0]?.['explanation']).toMatchObject({ tier: 3 })
  expect((await get('query=orm')).items[0]).not.toHaveProperty('explanation')
})

test('what says more of itself and comes from somebody verified stands above what has the same words', async () => {
  const { items } = await get('query=kit&explain=true')
  const quality = new Map(items.map(({ name, score }) => [name, (score as { quality: number }).quality]))
  expect(Object.fromEntries(quality)).toEqual({ 'orm-kit': 1, 'log-kit': 0.4, 'map-kit': 0.4, 'bare-kit': 0 })
  const verified = async () =>
    (await get('query=map-kit')).items.slice(0, 1).map((item) => [item['verified'], (item['score'] as { verified: number }).verified])
  expect(await verified()).toEqual([[false, 0]])
  const catchUp = () => registry.kernel.resolve(IndexUpkeep).catchUp(new AbortController().signal)
  await registry.sql`update accounts set verified = true where name = 'ada'`
  expect(await catchUp()).toBe(4)
  expect(await verified()).toEqual([[true, 1]])
  expect(await catchUp()).toBe(0)
})

test('the score of the last scan is that of the version that is shown', async () => {
  const [row] = await registry.sql<{ artifactId: string; manifestDigest: string }>`
    select artifact_id as "artifactId", manifest_digest as "manifestDigest" from versions join artifacts a on a.id = artifact_id where a.name = 'orm-kit'`
  if (!row) throw new Error('orm-kit is not there')
  const { kernel, transaction, search } = registry
  const score = async () => (await get('query=orm-kit')).items[0]?.['securityScore']
  const last = new Map([[`${row.artifactId} sha256:other`, 3]])
  const scores: Scores = { of: async () => new Map([...last].map(([key, securityScore]) => [key, { securityScore, counts: {} }])) }
  const database = kernel.resolve(Database)
  const documents = new DocumentIndex({ database, transaction, store: new PostgresDriver(database, transaction), followers: [], scores })
  expect(await score()).toBe(null)
  await documents.noteScan({ ...row, manifestDigest: 'sha256:other' })
  expect(await score()).toBe(null)
  last.set(`${row.artifactId} ${row.manifestDigest}`, 87)
  await documents.noteScan(row)
  expect(await score()).toBe(87)
  // An event that comes late says nothing of its own, and a rebuild has what was scanned before there was a search.
  last.set(`${row.artifactId} ${row.manifestDigest}`, 52)
  await documents.rebuild()
  expect(await score()).toBe(52)
  await search.rebuild()
})

test('Q193: answers for everybody may be kept for a minute, those for somebody by nobody', async () => {
  for (const path of ['/v1/search?query=kit', '/v1/search/suggest?query=kit']) {
    const control = async (as?: string) => (await registry.request('GET', path, as === undefined ? {} : { as })).headers
    expect(await control()).toMatchObject({ 'cache-control': 'public, max-age=60', vary: expect.stringContaining('authorization') })
    expect(await control('ada')).toMatchObject({ 'cache-control': 'private, no-store', vary: expect.stringContaining('authorization') })
  }
})

test('D-32: parameters that are none are refused, whatever is in them', async () => {
  const bad = [
    'gatiVersion=1',
    'gatiVersion=^1.0.0',
    'license=',
    'facets=maybe',
    'capabilities=',
    `language=${'x'.repeat(101)}`,
    'explain=2',
  ]
  for (const parameters of bad)
    expect({ parameters, status: (await registry.request('GET', `/v1/search?${parameters}`)).statusCode }).toEqual({
      parameters,
      status: 400,
    })
  for (const odd of ["'", '%00', '\\', '{}', '%EE%80%80', '"a,b"']) {
    const parameters = ['capabilities', 'language', 'license', 'keyword', 'maintainer', 'query'].map(
      (name) => `${name}=${encodeURIComponent(odd)}`,
    )
    for (const parameter of parameters)
      expect((await registry.request('GET', `/v1/search?${parameter}&highlight=true&facets=true`)).statusCode).toBeLessThan(401)
  }
})

test('candidates of another source are joined inside the query: counted, filtered and ranked with all others', async () => {
  const { PostgresDriver } = await import('../../../src/modules/search/postgres/postgres-driver.ts')
  const { Database, Transaction } = await import('../../../src/shared/kernel/database.ts')
  const { parseSearchText } = await import('../../../src/modules/search/search-text.ts')
  const driver = new PostgresDriver(registry.kernel.resolve(Database), registry.kernel.resolve(Transaction))
  const ids = Object.fromEntries(
    (await registry.sql<{ id: string; name: string }>`select id, name from artifacts`).map(({ id, name }) => [name, id]),
  )
  const scores = new Map([
    [ids['map-kit'] ?? '', 0.9],
    [ids['orm-kit'] ?? '', 0.1],
  ])
  const sight = { everything: false, accountIds: [], artifactIds: [] }
  const ask = async (text: string, mode: 'only' | 'also', rest = {}) => {
    const query = { text: parseSearchText(text), candidates: [{ scores, mode }], offset: 0, limit: 10, ...rest }
    const { hits, total } = await driver.find(sight, query)
    const names = hits.map(({ artifactId }) => Object.keys(ids).find((name) => ids[name] === artifactId))
    expect(total).toBe(names.length)
    return names
  }
  expect(await ask('', 'only')).toEqual(['map-kit', 'orm-kit'])
  expect(await ask('logs', 'also')).toEqual(expect.arrayContaining(['map-kit', 'log-kit', 'orm-kit']))
  expect((await ask('logs', 'also'))[0]).toBe('map-kit')
  expect(await ask('database', 'only')).toEqual(['orm-kit'])
  expect(await ask('logs', 'only')).toEqual([])
  expect(await ask('', 'only', { license: ['MIT'] })).toEqual(['orm-kit'])
  await registry.sql`update artifacts set state = 'deleted' where name = 'map-kit'`
  expect(await ask('', 'only')).toEqual(['orm-kit'])
  await registry.sql`update artifacts set state = 'active' where name = 'map-kit'`
  expect((await registry.names(anonymous, 'map-kit'))[0]).toBe('map-kit')
})
