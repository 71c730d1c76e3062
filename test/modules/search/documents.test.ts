import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { catchUp } from '../../../src/modules/search/effects/catch-up.ts'
import { IndexUpkeep } from '../../../src/modules/search/index-upkeep.ts'
import { Rebuilds } from '../../../src/modules/search/rebuilds.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { anonymous } from '../../../src/shared/kernel/principal.ts'
import { administrator } from '../metadata/open-registry.ts'
import { openSearch } from './open-search.ts'

test('a publish is found, and a star counts, within two seconds', async () => {
  await using registry = await openSearch()
  const { user, publish, names, sql, request } = registry
  const ada = await user('ada')
  await publish(ada, 'library/widget')
  await expect.poll(() => names(anonymous, 'widget'), { timeout: 2_000, interval: 50 }).toEqual(['widget'])
  const ranked = () => sql`select d.stars, s.stars as listed from search_documents d join search_standings s using (artifact_id)`
  expect((await request('PUT', '/v1/artifacts/library/widget/-/star', { as: 'ada' })).statusCode).toBe(200)
  await expect.poll(ranked, { timeout: 2_000, interval: 50 }).toEqual([{ stars: 1, listed: 1 }])
  expect((await request('DELETE', '/v1/artifacts/library/widget/-/star', { as: 'ada' })).statusCode).toBe(200)
  await expect.poll(ranked, { timeout: 2_000, interval: 50 }).toEqual([{ stars: 0, listed: 0 }])
})

test('in a stream of publishes each is found within two seconds', async () => {
  await using registry = await openSearch()
  const ada = await registry.user('ada')
  const unfound = new Map<string, number>()
  const waits: number[] = []
  const look = async () => {
    for (const { name } of await registry.sql<{
      name: string
    }>`select name from search_documents where name = any(${[...unfound.keys()]})`) {
      waits.push(performance.now() - (unfound.get(name) ?? 0))
      unfound.delete(name)
    }
  }
  for (let at = 0; at < 30; at += 1) {
    await registry.publish(ada, `library/widget${at}`)
    unfound.set(`widget${at}`, performance.now())
    await delay(100)
    await look()
  }
  for (const until = performance.now() + 5_000; unfound.size > 0 && performance.now() < until; await delay(50)) await look()
  expect(waits).toHaveLength(30)
  expect(Math.max(...waits)).toBeLessThan(2_000)
})

test('yanked, quarantined and deleted versions are not shown; an artifact that has nothing else is gone', async () => {
  await using registry = await openSearch()
  const { user, publish, find, settled, request, sql } = registry
  const ada = await user('ada')
  await publish(ada, 'library/widget', { version: '1.0.0', description: 'first' })
  await publish(ada, 'library/widget', { version: '2.0.0', description: 'second' })
  const version = async () => {
    await settled()
    return (await find(anonymous, 'widget')).hits.map((hit) => [hit.version, hit.description])
  }
  expect(await version()).toEqual([['2.0.0', 'second']])
  const yank = await request('PUT', '/v1/artifacts/library/widget/2.0.0/yank', { as: 'ada', body: { reason: 'broken' } })
  expect(yank.statusCode).toBe(200)
  expect(await version()).toEqual([['1.0.0', 'first']])
  await registry.catalog.unpublish(ada, { namespace: 'library', name: 'widget' }, '1.0.0')
  expect(await version()).toEqual([])
  expect(await sql`select count(*) from search_documents`).toEqual([{ count: 0 }])
  expect((await request('DELETE', '/v1/artifacts/library/widget/2.0.0/yank', { as: 'ada' })).statusCode).toBe(200)
  expect(await version()).toEqual([['2.0.0', 'second']])
  const artifactId = (await find(anonymous, 'widget')).hits[0]?.artifactId ?? ''
  const publications = registry.kernel.resolve(Publications)
  for (const { manifestDigest } of await sql<{ manifestDigest: string }>`select manifest_digest as "manifestDigest" from versions`)
    await publications.quarantine({ artifactId, manifestDigest }, { by: 'scanning', reason: 'a virus' })
  expect(await version()).toEqual([])
  for (const { manifestDigest } of await sql<{ manifestDigest: string }>`select manifest_digest as "manifestDigest" from quarantines`)
    await publications.liftQuarantine({ artifactId, manifestDigest }, 'scanning')
  expect(await version()).toEqual([['2.0.0', 'second']])
})

test('the shown version is that of latest, or the highest release, or the highest prerelease', async () => {
  await using registry = await openSearch()
  const { user, publish, find, settled, request } = registry
  const ada = await user('ada')
  const shown = async () => {
    await settled()
    return (await find(anonymous, 'widget')).hits[0]?.version
  }
  await publish(ada, 'library/widget', { version: '1.0.0-rc.2' })
  await publish(ada, 'library/widget', { version: '1.0.0-rc.10' })
  expect(await shown()).toBe('1.0.0-rc.10')
  await publish(ada, 'library/widget', { version: '0.9.0' })
  await publish(ada, 'library/widget', { version: '1.1.0' })
  expect(await shown()).toBe('1.1.0')
  const moved = await request('PUT', '/v1/artifacts/library/widget/-/tags/latest', { as: 'ada', body: { version: '0.9.0' } })
  expect(moved.statusCode).toBe(200)
  expect(await shown()).toBe('0.9.0')
})

test('a document is what the version says, whatever its members are', async () => {
  await using registry = await openSearch()
  const { user, publish, find, settled } = registry
  const ada = await user('ada')
  const about = {
    license: { type: 'MIT' },
    homepage: 'https://widget.example.org',
    repository: { type: 'git', url: 'git+https://code.example.org/w.git' },
  }
  await publish(ada, 'library/widget', { ...about, description: ' Widgets ', keywords: ['UI', 'ui', 7, null, '', 'forms'] })
  await publish(ada, 'library/odd', { description: { a: 1 }, keywords: 'one, two', license: [], homepage: 5, repository: null })
  await settled()
  const [widget] = (await find(anonymous, 'widget')).hits
  expect(widget).toMatchObject({
    ...{ namespace: 'library', name: 'widget', format: 'npm', type: 'module-node', version: '1.0.0', description: 'Widgets' },
    ...{
      keywords: ['ui', 'forms'],
      license: 'MIT',
      homepage: 'https://widget.example.org',
      repository: 'git+https://code.example.org/w.git',
    },
    ...{ publisher: 'ada', maintainers: ['ada'], downloads: 0, stars: 0, publishedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
  })
  const [odd] = (await find(anonymous, 'odd')).hits
  expect(odd).toMatchObject({ description: null, keywords: ['one', 'two'], license: null, homepage: null, repository: null })
})

test('repositories with plain tags are found, and no longer when the last tag is gone', async () => {
  await using registry = await openSearch()
  const { user, sql, names, search, find } = registry
  const ada = await user('ada')
  await registry.catalog.openForPublish(ada, { namespace: 'ada', name: 'team/api', format: 'oci', type: 'module-oci' })
  const [artifact] = await sql<{
    id: string
  }>`update artifacts set labels = '{"org.opencontainers.image.licenses":"MIT","x":"gateway"}' returning id`
  const index = () => search.index(artifact?.id ?? '')
  await index()
  expect(await names(ada, 'team/api')).toEqual([])
  await sql`insert into tags (artifact_id, name, manifest_digest, change_id) values (${artifact?.id}, 'main', 'sha256:0', gen_random_uuid())`
  await index()
  await index()
  expect(await names(ada, 'gateway')).toEqual(['ada/team/api'])
  expect((await find(ada, 'team/api')).hits).toMatchObject([{ version: null, license: 'MIT', format: 'oci' }])
  expect(await names(ada, 'team/api', { format: 'npm' })).toEqual([])
  await sql`delete from tags`
  await index()
  expect(await names(ada, 'gateway')).toEqual([])
})

test('many publishes at once leave the document of the last state', async () => {
  await using registry = await openSearch()
  const { user, publish, find, settled, search, sql } = registry
  const ada = await user('ada')
  await publish(ada, 'library/widget', { version: '0.0.1' })
  const [artifact] = await sql<{ id: string }>`select id from artifacts`
  await Promise.all(
    Array.from({ length: 30 }, async (_, at) => {
      await publish(ada, 'library/widget', { version: `1.0.${at}`, description: `state ${at}` })
      await search.index(artifact?.id ?? '')
    }),
  )
  const last = [{ version: '1.0.29', description: 'state 29' }]
  expect((await find(anonymous, 'widget')).hits).toMatchObject(last)
  await settled()
  expect((await find(anonymous, 'widget')).hits).toMatchObject(last)
})

test('what changes without an event, and what was there before, is caught up', async () => {
  await using registry = await openSearch()
  const { user, publish, names, settled, request, sql, kernel } = registry
  const ada = await user('ada')
  await publish(ada, 'library/widget')
  await publish(ada, 'library/gadget')
  await settled()
  const upkeep = kernel.resolve(IndexUpkeep)
  const run = () => upkeep.catchUp(new AbortController().signal)
  await run()
  expect(await run()).toBe(0)
  await request('PATCH', '/v1/artifacts/library/widget', { as: 'ada', body: { description: 'Handles frobnication' } })
  await sql`delete from search_documents where name = 'gadget'`
  expect(await run()).toBe(2)
  expect(await names(anonymous, 'frobnication')).toEqual(['widget'])
  expect(await names(anonymous, 'gadget')).toEqual(['gadget'])
  await sql`update artifacts set state = 'deleted' where name = 'gadget'`
  expect(await names(anonymous, 'gadget')).toEqual([])
  expect(await run()).toBe(1)
  expect(await sql`select name from search_documents`).toEqual([{ name: 'widget' }])
  expect(catchUp.trigger.source).toEqual({ cron: '* * * * *' })
})

test('counts are brought to documents that nobody writes: the sweep waits for no indexing, and none for it in a circle', async () => {
  await using registry = await openSearch()
  const { user, publish, settled, sql, kernel, transaction } = registry
  await publish(await user('ada'), 'library/widget')
  await settled()
  await sql`update search_following set is_followed = true`
  await sql`update artifacts set downloads = 70000`
  const [isHeld, isEnough] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const indexing = transaction.run(async () => {
    await kernel.resolve(Database).sql`update search_documents set rev = rev`
    isHeld.resolve()
    await isEnough.promise
    await kernel.resolve(Database).sql`update search_standings set stars = stars`
  })
  await isHeld.promise
  const run = () => kernel.resolve(IndexUpkeep).catchUp(new AbortController().signal)
  await run()
  isEnough.resolve()
  await indexing
  const counts = () => sql`select d.downloads, s.downloads as standing from search_documents d join search_standings s using (artifact_id)`
  expect(await counts()).toEqual([{ downloads: 0, standing: 0 }])
  await run()
  expect(await counts()).toEqual([{ downloads: 70_000, standing: 70_000 }])
})

test('an administrator has everything indexed anew, others may not', async () => {
  await using registry = await openSearch()
  const { user, publish, names, settled, request, search, sql, kernel } = registry
  const ada = await user('ada')
  for (const name of ['one', 'two', 'three']) await publish(ada, `library/${name}`)
  await settled()
  await sql`delete from search_documents where name <> 'one'`
  await sql`update search_documents set name = 'wrong', document = ''`
  const refused = await request('POST', '/v1/admin/search/rebuild', { as: 'ada' })
  expect([refused.statusCode, refused.json().code]).toEqual([403, 'auth.forbidden'])
  expect((await request('POST', '/v1/admin/search/rebuild')).statusCode).toBe(401)
  const rebuilds = kernel.resolve(Rebuilds)
  expect(await rebuilds.progress(administrator)).toMatchObject({ state: 'none', documents: null })
  const asked = await request('POST', '/v1/admin/search/rebuild', { as: 'admin' })
  expect([asked.statusCode, asked.json()]).toEqual([202, expect.objectContaining({ state: 'waiting', done: 0, artifacts: 3 })])
  const again = await request('POST', '/v1/admin/search/rebuild', { as: 'admin' })
  expect([again.statusCode, again.json().code]).toEqual([409, 'search.rebuild_underway'])
  await settled()
  const shown = await request('GET', '/v1/admin/search/rebuild', { as: 'admin' })
  expect(shown.json()).toMatchObject({ state: 'completed', done: 3, artifacts: 3, documents: 3, error: null })
  expect((await request('GET', '/v1/admin/search/rebuild', { as: 'ada' })).statusCode).toBe(403)
  expect((await names(anonymous, '')).toSorted()).toEqual(['one', 'three', 'two'])
  const progress: number[] = []
  expect(await search.rebuild((done) => progress.push(done))).toBe(3)
  expect(progress.at(-1)).toBe(3)
  expect((await names(anonymous, '')).toSorted()).toEqual(['one', 'three', 'two'])
})
