import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Authorizer } from '../../../src/modules/auth/contract.ts'
import { Catalog } from '../../../src/modules/metadata/contract.ts'
import type { SearchQuery } from '../../../src/modules/search/contract.ts'
import { SearchSight } from '../../../src/modules/search/migrations/2026-11-28-search-sight.ts'
import { anonymous, type Principal } from '../../../src/shared/kernel/principal.ts'
import { replayMigration } from '../../support/replay-migration.ts'
import { openSearch } from './open-search.ts'

const names = ['alpha', 'alpha-kit', 'alphabet', 'beta']
const owners = ['ada', 'bob', 'cyd'] as const
let registry: Awaited<ReturnType<typeof openSearch>>
const people: Record<string, Principal> = {}

beforeAll(async () => {
  registry = await openSearch()
  for (const name of [...owners, 'eve']) people[name] = await registry.user(name)
  for (const owner of owners)
    for (const name of names)
      await registry.publish(people[owner] ?? anonymous, `${owner}/${name}`, {
        keywords: ['common'],
        capabilities: name === 'beta' ? ['db:read'] : ['gpu'],
      })
  await registry.request('PUT', '/v1/artifacts/bob/beta/-/grants/user/eve', { as: 'bob', body: { role: 'read' } })
  await registry.request('PUT', '/v1/namespaces/cyd/members/ada', { as: 'cyd', body: { role: 'read' } })
  await registry.settled()
})
afterAll(() => registry[Symbol.asyncDispose]())

const visibility = fc.constantFrom('public', 'private')
const world = fc.record({
  namespaces: fc.tuple(visibility, visibility, visibility),
  artifacts: fc.array(fc.constantFrom('public', 'private', 'inherit'), { minLength: 12, maxLength: 12 }),
  query: fc.constantFrom('alpha', 'alpah', 'common', '', 'beta', 'ada/alpha', '@bob', 'kit'),
  caller: fc.constantFrom('ada', 'bob', 'eve', undefined),
  filter: fc.constantFrom<Partial<SearchQuery>>(
    ...[{}, {}, { namespace: ['bob'] }, { namespace: ['ada', 'cyd'] }, { capabilities: ['gpu'] }],
    { capabilities: ['db:read', 'none'], namespace: ['bob', 'cyd'] },
  ),
  deleted: fc.subarray(['ada/alpha', 'bob/beta', 'cyd/alphabet'], { maxLength: 2 }),
})

/** What the authorizer lets the caller read, one artifact at a time: another way to the same answer. */
async function readable(caller: Principal): Promise<string[]> {
  const rows = await registry.sql<{ path: string; namespace: string; name: string }>`
    select n.name || '/' || a.name as path, n.name as namespace, a.name from artifacts a join namespaces n on n.id = a.namespace_id`
  const found: string[] = []
  for (const { path, namespace, name } of rows) {
    const seen = await registry.kernel
      .resolve(Catalog)
      .locate(caller, { namespace, name }, 'read')
      .then(
        ({ resource }) => registry.kernel.resolve(Authorizer).allows(caller, 'read', resource),
        () => false,
      )
    if (seen) found.push(path)
  }
  return found
}

test('P5: whatever is public, private or granted, nobody finds or counts what they may not read, and everybody finds the rest', async () => {
  const { sql, find } = registry
  await using _ = await withoutSweeps(registry)
  let hidden = 0
  await fc.assert(
    fc.asyncProperty(world, async ({ namespaces, artifacts, query, caller, filter: narrowed, deleted }) => {
      await sql`update artifacts a set state = case when n.name || '/' || a.name = any(${deleted}::text[]) then 'deleted' else 'active' end
        from namespaces n where n.id = a.namespace_id`
      for (const [at, owner] of owners.entries())
        await registry.request('PATCH', `/v1/namespaces/${owner}`, { as: owner, body: { visibility: namespaces[at] } })
      for (const [at, visible] of artifacts.entries()) {
        const owner = owners[at % 3]
        await registry.request('PATCH', `/v1/artifacts/${owner}/${names[Math.floor(at / 3)]}`, {
          as: owner ?? '',
          body: { visibility: visible },
        })
      }
      const as = (caller && people[caller]) || anonymous
      const filter = { ...narrowed, facets: true }
      const all = (
        await find(
          { ...as, isAdmin: true, userId: people['ada']?.userId ?? '', scopes: new Set(['read', 'publish', 'admin']) },
          query,
          filter,
        )
      ).hits
      const mine = await find(as, query, filter)
      const allowed = await readable(as)
      const expected = all.map(({ namespace, name }) => `${namespace}/${name}`).filter((path) => allowed.includes(path))
      const found = mine.hits.map(({ namespace, name }) => `${namespace}/${name}`)
      hidden += all.length - expected.length
      expect(found.filter((path) => !allowed.includes(path))).toEqual([])
      // A caller who sees no match gets names that are like it, which are allowed ones too.
      if (expected.length > 0) expect(found).toEqual(expected)
      expect(mine.total).toBe(mine.hits.length)
      const gpus = mine.facets?.capabilities.find(({ value }) => value === 'gpu')?.count ?? 0
      expect(gpus).toBe(mine.hits.filter((hit) => hit.capabilities.includes('gpu')).length)
      expect(found.filter((path) => deleted.includes(path))).toEqual([])
      const suggested = await registry.search.suggest(as, query, 20)
      expect(suggested.filter((one) => !allowed.includes(`${one.namespace}/${one.name}`))).toEqual([])
    }),
    { numRuns: 25 },
  )
  expect(hidden).toBeGreaterThan(0)
  expect(await sql`select count(*) from search_documents`).toEqual([{ count: 12 }])
}, 120_000)

test('P5: a credential that is limited to other namespaces finds no private things', async () => {
  const { names: found, request, publish, settled } = registry
  const ada = people['ada'] ?? anonymous
  await publish(ada, 'ada/secret-thing')
  await request('PATCH', '/v1/artifacts/ada/secret-thing', { as: 'ada', body: { visibility: 'private' } })
  await settled()
  expect(await found(ada, 'secret-thing')).toEqual(['ada/secret-thing'])
  expect(await found({ ...ada, namespaces: ['bob'] }, 'secret-thing')).toEqual([])
  expect(await found({ ...ada, scopes: new Set() }, 'secret-thing')).toEqual([])
  const deep = await request('GET', '/v1/search?query=secret-thing')
  expect(deep.json()).toMatchObject({ items: [], total: 0 })
  expect((await request('GET', '/v1/search?query=secret-thing', { as: 'ada' })).json()).toMatchObject({ total: 1 })
})

test('P5: documents from before an update of the registry hide what is hidden, and show the rest, before the sweep was there', async () => {
  const { sql, names: found, find, search, settled } = registry
  await settled()
  const shown = await found(anonymous, 'secret-thing')
  const mine = await found(people['ada'] ?? anonymous, 'secret-thing')
  await sql`update search_documents set form = 1, is_shown = false, is_public = true, account_id = null, type = null, format = null`
  await asBefore(sql)
  await replayMigration(registry, SearchSight)
  expect([await found(anonymous, 'secret-thing'), await found(people['ada'] ?? anonymous, 'secret-thing')]).toEqual([shown, mine])
  expect((await find(anonymous, 'secret-thing')).total).toBe(shown.length)
  expect(await search.suggest(anonymous, 'secret-thing', 5)).toEqual([])
  expect(
    await sql`select a.name from search_documents d join artifacts a on a.id = d.artifact_id
    where d.type is distinct from a.type or d.format is distinct from a.format or d.is_shown <> (a.state = 'active')`,
  ).toEqual([])
  await search.rebuild()
  expect(await sql`select count(*) from search_documents where form = 1 or not is_shown`).toEqual([{ count: 0 }])
})

/** The sweep of the minute drops documents of what is deleted just then; what it does not begin, it does not drop. */
async function withoutSweeps({ sql, settled }: Pick<typeof registry, 'sql' | 'settled'>): Promise<AsyncDisposable> {
  await sql`create function no_sweep() returns trigger language plpgsql as 'begin return null; end'`
  await sql`create trigger no_sweep before insert on effect_runs for each row when (new.effect = 'search.catch-up') execute function no_sweep()`
  await settled()
  return { [Symbol.asyncDispose]: async () => void (await sql`drop function no_sweep cascade`) }
}

/** Without what the migration makes beside the table. */
async function asBefore(sql: typeof registry.sql): Promise<void> {
  await sql`drop trigger artifacts_sight_kept on artifacts`
  await sql`drop trigger namespaces_sight_kept on namespaces`
  await sql`drop function search_keep_artifact_sight, search_keep_namespace_sight`
  await sql`drop index search_standings_name_trigrams_index`
}
