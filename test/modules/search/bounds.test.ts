import { expect, test } from 'vitest'
import { IndexUpkeep } from '../../../src/modules/search/index-upkeep.ts'
import { documentForm } from '../../../src/modules/search/postgres/documents.queries.ts'
import { listedQuery } from '../../../src/modules/search/postgres/find.queries.ts'
import { relevance } from '../../../src/modules/search/postgres/standing.ts'
import { copyStandings } from '../../../src/modules/search/postgres/standings.queries.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { openSearch } from './open-search.ts'

type Search = Awaited<ReturnType<typeof openSearch>>

/** Artifacts in the library, in the order of their numbers; by default with documents, by SQL alone. */
async function fill({ sql, kernel }: Search, { count, name, documents = true }: { count: number; name: string; documents?: boolean }) {
  await sql`insert into artifacts (id, namespace_id, name, format, type, downloads, created_at, updated_at)
    select (lpad(to_hex(i), 8, '0') || '-0000-7000-8000-000000000000')::uuid, '01900000-0000-7000-8000-000000000001', ${name}::text || i, 'npm',
      'module-node', i, now() - interval '2 years', now() - interval '1 year'
    from generate_series(1, ${count}::int) i`
  if (!documents) return
  await sql`insert into versions (id, artifact_id, version, sort_key, prerelease, state, manifest_digest, size_bytes, metadata)
    select gen_random_uuid(), id, '1.0.0', '1', false, 'published', 'sha256:0', 1, '{}' from artifacts`
  await sql`insert into search_documents (artifact_id, namespace, name, keywords, rev, source_updated_at, document, form, is_shown, is_public,
      downloads, stars, updated, created, relevance)
    select id, 'library', name, '{}', rev, updated_at, '', ${documentForm}, true, true, downloads, stars, updated, created_at, ${relevance}
    from (select *, created_at as updated, false as verified, 0 as quality from artifacts) a`
  await copyStandings(
    kernel.resolve(Database),
    (await sql<{ id: string }>`select id from artifacts`).map(({ id }) => id),
  )
}

test('D-20: without a login both searches are limited to five in a second on average, for each address; users are not', async () => {
  await using registry = await openSearch()
  for (const path of ['/v1/search?page=0', '/npm/-/v1/search?size=-1']) {
    const statuses: number[] = []
    for (let at = 0; at < 300; at += 1) statuses.push((await registry.request('GET', path)).statusCode)
    expect(new Set(statuses)).toEqual(new Set([400]))
    const refused = await registry.request('GET', path)
    expect([refused.statusCode, refused.json().code, Number(refused.headers['retry-after']) > 0]).toEqual([
      ...[429, 'request.rate_limited', true],
    ])
    expect((await registry.request('GET', path, { as: 'admin' })).statusCode).toBe(400)
  }
})

test('everything is listed in an order that an index keeps, and counted as far as pages go', async () => {
  await using registry = await openSearch()
  const { sql, kernel, find } = registry
  await fill(registry, { count: 12_000, name: 'item-' })
  await sql`analyze artifacts, search_documents, search_standings`
  const found = await find(anonymous, '', { sortBy: 'downloads', offset: 10, limit: 3 })
  expect([found.hits.map(({ name }) => name), found.total]).toEqual([['item-11990', 'item-11989', 'item-11988'], 10_000])
  expect((await find(anonymous, '', { sortBy: 'downloads', sortOrder: 'asc', limit: 1 })).hits).toMatchObject([{ name: 'item-1' }])
  const database = kernel.resolve(Database)
  const sight = { everything: false, accountIds: [], artifactIds: [] }
  for (const sortBy of ['relevance', 'downloads', 'stars', 'updated', 'created'] as const) {
    const query = listedQuery({ sight, query: { text: undefined, sortBy, offset: 0, limit: 20 } })
    const plan = await database.sql<Record<string, string>>`explain ${query}`
    expect(plan.flatMap((row) => Object.values(row)).join('\n')).toContain(`using search_standings_${sortBy}_index`)
  }
})

test('the very name comes first among more than 10,000 matches, whatever its standing, and pages hold every match once', async () => {
  await using registry = await openSearch()
  const { sql, find } = registry
  await fill(registry, { count: 12_000, name: 'item-' })
  await sql`update search_documents set name = 'item', relevance = 0 where name = 'item-1'`
  await sql`update search_standings set name = 'item', relevance = 0 where name = 'item-1'`
  const found = await find(anonymous, 'item', { limit: 1 })
  expect([found.hits[0]?.tier, found.total, found.totalIsExact]).toEqual([3, 10_000, false])
  await sql`update search_documents set licenses = '{MIT}'`
  for (const text of ['item', '']) {
    const { facets } = await find(anonymous, text, { limit: 1, facets: true })
    expect([facets?.approximate, facets?.licenses], text).toEqual([true, [{ value: 'MIT', count: 10_000 }]])
  }
  const ids: string[] = []
  for (let offset = 0; offset < 1_500; offset += 250)
    ids.push(...(await find(anonymous, 'item', { offset, limit: 250 })).hits.map(({ artifactId }) => artifactId))
  expect([ids.length, new Set(ids).size]).toEqual([1_500, 1_500])
  // Fewer than 10,000 and still too many to rank all.
  await sql`delete from search_documents where name like 'item-%' and name > 'item-6'`
  // With facets, because what more than are counted matched is not counted again so soon.
  const fewer = await find(anonymous, 'item', { offset: 0, limit: 1, facets: true })
  expect([fewer.hits[0]?.tier, fewer.totalIsExact, fewer.total > 3_000]).toEqual([3, true, true])
  const counted = (await find(anonymous, 'item', { limit: 1, facets: true })).facets
  expect([counted?.approximate, counted?.licenses]).toEqual([false, [{ value: 'MIT', count: fewer.total }]])
})

test('a change is caught up at once among any number of artifacts, what changed unseen slice after slice, and downloads with it', async () => {
  await using registry = await openSearch()
  const { sql, kernel, find } = registry
  await fill(registry, { count: 5_050, name: 'item-' })
  const run = () => kernel.resolve(IndexUpkeep).catchUp(new AbortController().signal)
  await sql`update artifacts set description = 'frobnicates', updated_at = now() where name = 'item-5040'`
  await sql`update artifacts set rev = rev + 1, downloads = 50000 where name = 'item-5050'`
  expect(await run()).toBe(2)
  expect((await find(anonymous, 'frobnicates')).hits).toMatchObject([{ name: 'item-5040' }])
  expect((await find(anonymous, '', { sortBy: 'downloads', limit: 1 })).hits).toMatchObject([{ downloads: 50_000 }])
  expect(await sql`select downloads from search_standings where downloads = 50000`).toEqual([{ downloads: 50_000 }])
  expect(await run()).toBe(0)
  const aborted = new AbortController()
  aborted.abort()
  await sql`update artifacts set rev = rev + 1, downloads = 60000 where name = 'item-1'`
  expect(await kernel.resolve(IndexUpkeep).catchUp(aborted.signal)).toBe(0)
  expect(await run()).toBe(1)
})
