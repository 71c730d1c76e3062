import { expect, test } from 'vitest'
import { Accounts, Audit, Authorizer, Grants, Members } from '../../../src/modules/auth/contract.ts'
import { Holders } from '../../../src/modules/auth/holders.contract.ts'
import { SecondFactor } from '../../../src/modules/auth/logins.contract.ts'
import { compose } from '../../../src/modules/metadata/compose.ts'
import { Catalog, Tags, Versions } from '../../../src/modules/metadata/contract.ts'
import { isWithinUnpublishWindow } from '../../../src/modules/metadata/unpublish-window.ts'
import { Cache, LocalCaches } from '../../../src/shared/kernel/cache.ts'
import { Database, Transaction } from '../../../src/shared/kernel/database.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import { administrator, openRegistry, outcome, type Registry } from './open-registry.ts'

const widget = { namespace: 'ada', name: 'widget' }

async function openWithVersions(...versions: string[]) {
  const registry = await openRegistry()
  const { catalog, kernel, user, publish } = registry
  const ada = await user('ada')
  for (const version of versions) await publish(ada, 'ada/widget', { version })
  const resolve = async (ref: string) => (await catalog.version(await catalog.locate(ada, widget, 'read'), ref)).version
  return { ...registry, ada, resolve, versions: kernel.resolve(Versions), tags: kernel.resolve(Tags) }
}

test('a yanked version is found when pinned, and latest falls back to the one before', async () => {
  await using registry = await openWithVersions('1.0.0', '2.0.0')
  const { ada, versions, tags, resolve } = registry
  await tags.move(ada, widget, { tag: 'stable', version: '2.0.0' })
  await versions.yank(ada, widget, { version: '2.0.0', reason: 'leaks' })
  expect(await resolve('2.0.0')).toBe('2.0.0')
  expect(await resolve('latest')).toBe('1.0.0')
  expect(await outcome(resolve('stable'))).toBe('metadata.version_not_found')
  expect(await outcome(tags.move(ada, widget, { tag: 'other', version: '2.0.0' }))).toBe('metadata.state_conflict')
  await versions.unyank(ada, widget, '2.0.0')
  expect(await resolve('latest')).toBe('2.0.0')
  expect(await resolve('stable')).toBe('2.0.0')
  expect(await outcome(versions.unyank(ada, widget, '2.0.0'))).toBe('metadata.state_conflict')
})

test('a deprecated version still resolves', async () => {
  await using registry = await openWithVersions('1.0.0')
  const { ada, versions, resolve } = registry
  const deprecated = await versions.deprecate(ada, widget, { version: '1.0.0', reason: 'old' })
  expect(deprecated).toMatchObject({ state: 'deprecated', stateReason: 'old' })
  expect(await resolve('latest')).toBe('1.0.0')
})

test('D-7: an unpublished version is gone for readers, and its name stays taken', async () => {
  await using registry = await openWithVersions('1.0.0', '1.1.0')
  const { ada, catalog, publish, resolve, tags } = registry
  await tags.move(ada, widget, { tag: 'stable', version: '1.1.0' })
  await catalog.unpublish(ada, widget, '1.1.0')
  expect(await outcome(resolve('1.1.0'))).toBe('metadata.version_not_found')
  expect(await outcome(resolve('stable'))).toBe('metadata.version_not_found')
  expect(await resolve('latest')).toBe('1.0.0')
  expect((await tags.list(ada, widget, { limit: 10 })).items).toMatchObject([{ name: 'latest', version: '1.0.0' }])
  expect(await outcome(publish(ada, 'ada/widget', { version: '1.1.0' }))).toBe('metadata.version_exists')
  expect(await outcome(catalog.checkPublish(ada, { ...widget, format: 'generic', type: 'module-binary' }, '1.1.0'))).toBe(
    'metadata.version_exists',
  )
  expect(await outcome(catalog.unpublish(ada, widget, '1.1.0'))).toBe('metadata.version_not_found')
  expect(await outcome(registry.versions.yank(ada, widget, { version: '1.1.0', reason: null }))).toBe('metadata.version_not_found')
})

test('the last version can be unpublished too', async () => {
  await using registry = await openWithVersions('1.0.0')
  const { ada, catalog, tags } = registry
  await catalog.unpublish(ada, widget, '1.0.0')
  expect((await tags.list(ada, widget, { limit: 10 })).items).toEqual([])
  expect((await registry.request('GET', '/v1/artifacts/ada/widget', { as: 'ada' })).json()).toMatchObject({ latest: null, versionCount: 0 })
})

/** The module's services on the same database with another clock. */
function withClock({ kernel }: Registry, now: () => Date) {
  const { resolve } = kernel
  const names = new Set<string>()
  const caches: LocalCaches = {
    create: (options) => resolve(LocalCaches).create({ ...options, name: `${options.name}.${names.add(options.name).size}.clock` }),
  }
  const deps = { database: resolve(Database), transaction: resolve(Transaction), events: resolve(Events), cache: resolve(Cache), caches }
  const rights = {
    accounts: resolve(Accounts),
    authorizer: resolve(Authorizer),
    grants: resolve(Grants),
    members: resolve(Members),
    holders: resolve(Holders),
    secondFactor: resolve(SecondFactor),
    audit: resolve(Audit),
  }
  const limits = { newNamesPerHour: 0, newVersionsPerHalfHour: 0 }
  const settings = {
    unpublishWindowHours: 72,
    pendingHours: 24,
    maxMetadataBytes: 1_048_576,
    cacheTtlMs: 0,
    downloadFlushMs: 500,
    ...limits,
  }
  return compose({ ...deps, ...rights }, settings, now).catalog
}

test('D-7: after 72 h only an administrator unpublishes', async () => {
  await using registry = await openWithVersions('1.0.0')
  const { ada } = registry
  let hours = 72.1
  const catalog = withClock(registry, () => new Date(Date.now() + hours * 3_600_000))
  expect(await outcome(catalog.unpublish(ada, widget, '1.0.0'))).toBe('metadata.unpublish_window_closed')
  expect(await outcome(catalog.unpublish(administrator, widget, '1.0.0'))).toBe('fulfilled')
  await registry.publish(ada, 'ada/widget', { version: '1.1.0' })
  hours = 71.9
  expect(await outcome(catalog.unpublish(ada, widget, '1.1.0'))).toBe('fulfilled')
})

test('the window closes after its last moment', () => {
  const at = (text: string) => isWithinUnpublishWindow('2026-01-01T00:00:00.000001Z', new Date(text), 72)
  expect([at('2026-01-04T00:00:00.000Z'), at('2026-01-04T00:00:00.001Z')]).toEqual([true, false])
})

test('unpublishing needs more than the right to publish', async () => {
  await using registry = await openWithVersions('1.0.0')
  const bob = await registry.user('bob')
  await registry.request('PUT', '/v1/namespaces/ada/members/bob', { as: 'ada', body: { role: 'write' } })
  expect(await outcome(registry.publish(bob, 'ada/widget', { version: '1.1.0' }))).toBe('fulfilled')
  expect(await outcome(registry.catalog.unpublish(bob, widget, '1.1.0'))).toBe('auth.forbidden')
})

test('a quarantined version is refused with its reason, by name and by tag', async () => {
  await using registry = await openWithVersions('1.0.0')
  await registry.sql`update versions set state = 'quarantined', state_reason = 'malware'`
  for (const ref of ['1.0.0', 'latest']) {
    const answer = await registry.request('GET', `/v1/artifacts/ada/widget/${ref}/metadata`, { as: 'ada' })
    expect([answer.statusCode, answer.json().code, answer.json().details]).toEqual([403, 'metadata.quarantined', { reason: 'malware' }])
  }
  expect(await outcome(registry.versions.yank(registry.ada, widget, { version: '1.0.0', reason: null }))).toBe('metadata.state_conflict')
})

test('a pending version is for writers, and moves no tag', async () => {
  await using registry = await openWithVersions('1.0.0')
  const { ada, publish, request, user, kernel } = registry
  await user('bob')
  await request('PUT', '/v1/namespaces/ada/members/bob', { as: 'ada', body: { role: 'read' } })
  await publish(ada, 'ada/widget', { version: '2.0.0', state: 'pending', tags: ['next'] })
  const url = '/v1/artifacts/ada/widget/2.0.0/metadata'
  expect((await request('GET', url, { as: 'ada' })).json()).toMatchObject({ state: 'pending' })
  expect((await request('GET', url, { as: 'bob' })).json()).toMatchObject({ code: 'metadata.version_not_found' })
  expect(await registry.resolve('latest')).toBe('1.0.0')
  const seenBy = async (as: string) => (await request('GET', '/v1/artifacts/ada/widget/-/versions', { as })).json().items.length
  expect([await seenBy('ada'), await seenBy('bob')]).toEqual([2, 1])
  expect(await outcome(kernel.resolve(Tags).find(ada, widget, 'next'))).toBe('metadata.tag_not_found')
})

test('every change of a version, tag, artifact and namespace is in the audit log', async () => {
  await using registry = await openWithVersions('1.0.0', '1.1.0')
  const { ada, versions, tags, catalog, request } = registry
  await tags.move(ada, widget, { tag: 'stable', version: '1.0.0' })
  await tags.remove(ada, widget, { tag: 'stable' })
  await versions.deprecate(ada, widget, { version: '1.0.0', reason: 'old' })
  await versions.yank(ada, widget, { version: '1.0.0', reason: 'leaks' })
  await versions.unyank(ada, widget, '1.0.0')
  await catalog.unpublish(ada, widget, '1.1.0')
  await request('PATCH', '/v1/artifacts/ada/widget', { as: 'ada', body: { description: 'better' } })
  await request('PATCH', '/v1/namespaces/ada', { as: 'ada', body: { visibility: 'public' } })
  const rows = await registry.audited()
  const of = (action: string) => rows.filter((row) => row.action === action).map(({ subject }) => subject)
  expect(of('artifact.created')).toEqual(['ada/widget'])
  expect(of('version.published')).toEqual(['ada/widget:1.0.0', 'ada/widget:1.1.0'])
  expect(of('tag.moved').toSorted()).toEqual(['ada/widget:latest', 'ada/widget:latest', 'ada/widget:latest', 'ada/widget:stable'])
  expect(of('tag.deleted')).toEqual(['ada/widget:stable'])
  for (const action of ['version.deprecated', 'version.yanked', 'version.unyanked']) expect(of(action)).toEqual(['ada/widget:1.0.0'])
  expect(of('version.deleted')).toEqual(['ada/widget:1.1.0'])
  expect(of('artifact.updated')).toEqual(['ada/widget'])
  expect(of('namespace.updated')).toEqual(['ada'])
})

test('a change is seen by another process within 5 s', async () => {
  await using registry = await openWithVersions('1.0.0')
  const { ada, versions } = registry
  await using other = await openRegistry({ home: registry.kernel.home })
  const far = other.kernel.resolve(Catalog)
  const state = async () => (await far.version(await far.locate(ada, widget, 'read'), '1.0.0')).state
  expect(await state()).toBe('published')
  await versions.yank(ada, widget, { version: '1.0.0', reason: null })
  await expect.poll(state, { timeout: 5_000 }).toBe('yanked')
})
