import { afterAll, beforeAll, expect, test } from 'vitest'
import { ManifestQuarantined, PublicationHeld, Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { Notices } from '../../../src/modules/notifications/notices.service.ts'
import { Upkeep } from '../../../src/modules/notifications/upkeep.service.ts'
import { VulnerabilityDetected } from '../../../src/modules/scanning/events.contract.ts'
import { PublisherKeyRevoked } from '../../../src/modules/signing/events.contract.ts'
import { DependantsAffected } from '../../../src/modules/timescape/events.contract.ts'
import { withRequestContext } from '../../../src/shared/kernel/request-context.ts'
import { uuidv7 } from '../../../src/shared/types/uuidv7.ts'
import { digest } from '../metadata/open-registry.ts'
import { type Notifications, openNotifications } from './open-notifications.ts'

let registry: Notifications
beforeAll(async () => {
  registry = await openNotifications({ settings: { notifications: { subscriptionsPerUser: 4 } } })
})
afterAll(() => registry[Symbol.asyncDispose]())

interface Item {
  readonly id: string
  readonly event: string
  readonly subject: string
  readonly text: string
  readonly readAt: string | null
}
const follow = (as: string, target: object, events?: readonly string[]) =>
  registry.request('POST', '/v1/subscriptions', { as, body: { target, ...(events && { events }) } })
const feedOf = async (as: string, query = '') =>
  (await registry.request('GET', `/v1/me/feed${query}`, { as })).json<{ items: Item[]; unread: number; nextCursor: string | null }>()
const subjects = async (as: string) => (await feedOf(as)).items.map(({ event, subject }) => `${event.replace(/^\w+\./, '')} ${subject}`)
const codeOf = (answer: { statusCode: number; body: string }) => `${answer.statusCode} ${JSON.parse(answer.body).code}`
const show = (namespace: string, visibility: 'public' | 'private') =>
  registry.request('PATCH', `/v1/namespaces/${namespace}`, { as: namespace, body: { visibility } })
/** What events about a manifest have in common. */
async function factOf(path: string, manifestDigest = digest()) {
  const [namespace = '', name = ''] = path.split('/')
  const [row] = await registry.sql<{ id: string }>`select a.id from artifacts a join namespaces n on n.id = a.namespace_id
    where n.name = ${namespace} and a.name = ${name}`
  return { artifactId: row?.id ?? '', namespace, name, format: 'generic', manifestDigest }
}

test('a user follows a namespace, an artifact, an advisory: once each, so many, and nothing that is hidden', async () => {
  const amy = await registry.user('amy')
  await registry.user('rob')
  await registry.publish(amy, 'amy/lib')
  expect(codeOf(await follow('rob', { kind: 'namespace', namespace: 'amy' }))).toBe('404 metadata.namespace_not_found')
  expect(codeOf(await follow('rob', { kind: 'artifact', namespace: 'amy', name: 'lib' }))).toBe('404 metadata.artifact_not_found')
  await show('amy', 'public')
  const wrong = [
    { kind: 'artifact', namespace: 'amy' },
    { kind: 'namespace' },
    { kind: 'advisory' },
    { kind: 'namespace', namespace: 'amy', name: 'lib' },
  ]
  for (const target of wrong) expect(codeOf(await follow('rob', target))).toBe('400 notifications.target_invalid')
  expect((await follow('rob', { kind: 'namespace', namespace: 'amy' }, ['metadata.nonsense'])).statusCode).toBe(400)
  const made = await follow('rob', { kind: 'artifact', namespace: 'amy', name: 'lib' }, ['metadata.version_yanked'])
  expect(made.statusCode, made.body).toBe(201)
  const { id } = made.json()
  expect(made.json()).toEqual({
    id,
    target: { kind: 'artifact', namespace: 'amy', name: 'lib', format: 'generic' },
    events: ['metadata.version_yanked'],
    createdAt: expect.any(String),
  })
  expect(codeOf(await follow('rob', { kind: 'artifact', namespace: 'amy', name: 'lib' }))).toBe('409 notifications.already_followed')
  const rest = [
    { kind: 'namespace', namespace: 'amy' },
    { kind: 'advisory', advisory: 'GHSA-jf85-cpcp-j695' },
    { kind: 'advisory', advisory: 'CVE-2026-1' },
  ]
  for (const target of rest) expect((await follow('rob', target)).statusCode).toBe(201)
  expect(codeOf(await follow('rob', { kind: 'advisory', advisory: 'CVE-2026-2' }))).toBe('403 notifications.too_many_subscriptions')
  expect(codeOf(await registry.request('GET', `/v1/subscriptions/${id}`, { as: 'amy' }))).toBe('404 notifications.subscription_not_found')
  expect(codeOf(await registry.request('DELETE', `/v1/subscriptions/${id}`, { as: 'amy' }))).toBe(
    '404 notifications.subscription_not_found',
  )
  const first = (await registry.request('GET', '/v1/subscriptions?limit=3', { as: 'rob' })).json()
  const second = (await registry.request('GET', `/v1/subscriptions?limit=3&cursor=${first.nextCursor}`, { as: 'rob' })).json()
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([3, 1, null])
  expect((await registry.request('PATCH', `/v1/subscriptions/${id}`, { as: 'rob', body: { events: null } })).json().events).toBeNull()
  expect((await registry.request('DELETE', `/v1/subscriptions/${id}`, { as: 'rob' })).statusCode).toBe(204)
  expect(codeOf(await registry.request('GET', '/v1/subscriptions?cursor=WyJ4Il0', { as: 'rob' }))).toBe('400 notifications.cursor_invalid')
  expect((await registry.request('GET', '/v1/subscriptions')).statusCode).toBe(401)
  await registry.sql`delete from notification_subscriptions`
  await registry.settled()
})

test('P24 the feed tells what is followed, while it may be read; notices are read one by one or all at once', async () => {
  const ben = await registry.user('ben')
  await registry.user('sue')
  await registry.publish(ben, 'ben/lib')
  await registry.publish(ben, 'ben/other')
  await show('ben', 'public')
  await registry.settled()
  await follow('sue', { kind: 'artifact', namespace: 'ben', name: 'lib' }, ['metadata.version_published', 'metadata.version_deprecated'])
  for (const version of ['2.0.0', '3.0.0', '4.0.0']) await registry.publish(ben, 'ben/lib', { version })
  await registry.publish(ben, 'ben/other', { version: '2.0.0' })
  await registry.settled()
  const deprecated = await registry.request('PUT', '/v1/artifacts/ben/lib/2.0.0/deprecation', { as: 'ben', body: { reason: 'use 3' } })
  expect(deprecated.statusCode, deprecated.body).toBe(200)
  await registry.settled()
  const all = await feedOf('sue')
  expect(all.items[0]?.text).toBe('ben/lib@2.0.0 was deprecated: use 3')
  expect(all.items).toHaveLength(4)
  const seen = all.items.filter(({ event }) => event === 'metadata.version_published')
  expect(new Set(seen.map(({ subject }) => subject))).toEqual(new Set(['ben/lib@2.0.0', 'ben/lib@3.0.0', 'ben/lib@4.0.0']))
  expect(seen.map(({ text }) => text)).toContain('ben/lib@4.0.0 was published')
  expect(all.unread).toBe(all.items.length)
  const page = await feedOf('sue', '?limit=2')
  const next = await feedOf('sue', `?limit=2&cursor=${page.nextCursor}`)
  expect([...page.items, ...next.items].map(({ id }) => id)).toEqual(all.items.slice(0, 4).map(({ id }) => id))
  const [newest, second] = all.items
  await registry.request('POST', '/v1/me/feed/read', { as: 'sue', body: { ids: [newest?.id] } })
  expect((await feedOf('sue', '?unread=true')).items.map(({ id }) => id)).not.toContain(newest?.id)
  // Of somebody else: nothing happens.
  await registry.request('POST', '/v1/me/feed/read', { as: 'ben', body: { upTo: newest?.id } })
  expect((await feedOf('sue')).unread).toBe(all.items.length - 1)
  await registry.request('POST', '/v1/me/feed/read', { as: 'sue', body: { upTo: second?.id } })
  expect((await feedOf('sue')).unread).toBe(0)
  await show('ben', 'private')
  expect((await feedOf('sue')).items).toEqual([])
  await registry.publish(ben, 'ben/lib', { version: '5.0.0' })
  await registry.settled()
  await show('ben', 'public')
  expect((await feedOf('sue')).items).toHaveLength(all.items.length)
})

test('R14.3 owners hear of quarantine and findings without following anything, unless they choose otherwise', async () => {
  const cleo = await registry.user('cleo')
  await registry.user('tom')
  const version = await registry.publish(cleo, 'cleo/lib')
  await show('cleo', 'public')
  await registry.settled()
  await follow('tom', { kind: 'namespace', namespace: 'cleo' })
  const fact = await factOf('cleo/lib', version.manifestDigest)
  await registry.events.emit(ManifestQuarantined, { ...fact, by: 'scanning', reason: 'malicious\r\n<b>content</b>' })
  await registry.events.emit(PublicationHeld, { ...fact, version: '2.0.0', tags: [], policies: ['scanning'] })
  await registry.events.emit(PublisherKeyRevoked, { namespace: 'cleo', keyId: 'k1', reason: 'lost', compromised: true })
  // Of a manifest that has no name yet, readers know nothing.
  await registry.events.emit(ManifestQuarantined, { ...(await factOf('cleo/lib')), by: 'scanning', reason: 'secret' })
  await registry.settled()
  expect((await subjects('tom')).toSorted()).toEqual(['manifest_quarantined cleo/lib', 'publisher_key_revoked cleo'])
  expect((await subjects('cleo')).toSorted()).toEqual([
    'manifest_quarantined cleo/lib',
    'manifest_quarantined cleo/lib',
    'publication_held cleo/lib@2.0.0',
    'publisher_key_revoked cleo',
  ])
  const quarantined = (await feedOf('tom')).items.find(({ event }) => event === 'metadata.manifest_quarantined')
  expect(quarantined?.text).toBe('cleo/lib was quarantined: malicious <b>content</b>')
  const off = { kinds: { 'metadata.manifest_quarantined': { feed: 'off', mail: 'off' } } }
  const changed = await registry.request('PATCH', '/v1/me/notification-preferences', { as: 'cleo', body: off })
  expect(changed.json().kinds['metadata.manifest_quarantined']).toEqual({ feed: 'off', mail: 'off' })
  expect(changed.json().kinds['metadata.version_published']).toEqual({ feed: 'instant', mail: 'daily' })
  expect(
    (await registry.request('PATCH', '/v1/me/notification-preferences', { as: 'cleo', body: { kinds: { nonsense: { feed: 'off' } } } }))
      .statusCode,
  ).toBe(400)
  await registry.events.emit(ManifestQuarantined, { ...fact, by: 'signing', reason: 'again' })
  await registry.settled()
  expect(await subjects('cleo')).toHaveLength(4)
  expect(await subjects('tom')).toHaveLength(3)
})

test('what waits to be published is told to those who may publish; once it is released, to its followers', async () => {
  const hugo = await registry.user('hugo')
  await registry.user('vera')
  const publications = registry.kernel.resolve(Publications)
  publications.addPolicy({
    name: 'test',
    review: async ({ located, version }) => (located.namespace.name === 'hugo' && version === '2.0.0' ? 'not yet' : null),
  })
  await registry.publish(hugo, 'hugo/lib')
  await show('hugo', 'public')
  await registry.settled()
  await follow('vera', { kind: 'artifact', namespace: 'hugo', name: 'lib' })
  const { manifestDigest } = await registry.publish(hugo, 'hugo/lib', { version: '2.0.0' })
  const finding = { scanId: uuidv7(), advisoryId: 'GHSA-x', severity: 'high', package: 'lodash', fixedVersion: null }
  const fact = await factOf('hugo/lib', manifestDigest)
  await registry.events.emit(VulnerabilityDetected, { ...fact, ...finding })
  await registry.settled()
  expect(await subjects('vera')).toEqual([])
  expect((await subjects('hugo')).toSorted()).toEqual(['publication_held hugo/lib@2.0.0', 'vulnerability_detected hugo/lib'])
  await publications.release(fact, 'test')
  await registry.settled()
  expect(await subjects('vera')).toContain('version_published hugo/lib@2.0.0')
  await publications.quarantine(fact, { by: 'test', reason: 'bad' })
  await registry.settled()
  expect(await subjects('vera')).toEqual(expect.arrayContaining(['manifest_quarantined hugo/lib', 'tag_moved hugo/lib:latest']))
})

test('P24 who maintains a dependant hears of its dependency, if it may be read, and of no other dependant', async () => {
  const [ira, jon, kim] = [await registry.user('ira'), await registry.user('jon'), await registry.user('kim')]
  await registry.publish(ira, 'ira/base')
  for (const [user, path] of [
    [jon, 'jon/app'],
    [kim, 'kim/app'],
  ] as const)
    await registry.publish(user, path)
  await registry.settled()
  const { manifestDigest: _none, ...base } = await factOf('ira/base')
  const dependants = await Promise.all(
    ['jon/app', 'kim/app'].map(async (path) => {
      const { artifactId, namespace, name } = await factOf(path)
      return { artifactId, namespace, name, range: '^1.0.0' }
    }),
  )
  const affected = { ...base, version: '2.0.0', cause: 'breaking-change', reason: 'a member was removed', dependants }
  // The dependency is private: nothing of it is told to who may not read it.
  await registry.events.emit(DependantsAffected, affected)
  await registry.settled()
  expect([await subjects('jon'), await subjects('kim')]).toEqual([[], []])
  await show('ira', 'public')
  for (let twice = 0; twice < 2; twice++) await registry.events.emit(DependantsAffected, affected)
  await registry.sql`update effect_runs set state = 'queued' where effect = 'notifications.note-dependants-affected'
    and outbox_id = (select max(id) from outbox where name = 'timescape.dependants_affected')`
  await registry.publish(ira, 'ira/wake')
  await registry.settled()
  const { items } = await feedOf('jon')
  expect(items.map(({ text }) => text)).toEqual(Array(2).fill('jon/app takes ^1.0.0 of ira/base: 2.0.0 breaks it: a member was removed'))
  expect(JSON.stringify(items)).not.toContain('kim')
  expect(await subjects('kim')).toEqual(Array(2).fill('dependants_affected kim/app'))
  expect(await subjects('ira')).toEqual([])
})

test('D-29 thousands of followers are told in pages, each once, also when the telling is cut off', { timeout: 60_000 }, async () => {
  const finn = await registry.user('finn')
  await registry.publish(finn, 'finn/lib')
  await show('finn', 'public')
  await registry.settled()
  const followers = 3_300
  await registry.sql`insert into accounts (id, name, name_fold, kind, display_name)
    select ('01900000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'f' || n, 'f' || n, 'user', 'f' from generate_series(1, ${followers}) n`
  await registry.sql`insert into users (id) select id from accounts where display_name = 'f'`
  const { artifactId } = await factOf('finn/lib')
  await registry.sql`insert into notification_subscriptions (id, user_id, target_kind, target_key, target)
    select gen_random_uuid(), id, 'artifact', ${artifactId}, '{}' from accounts where display_name = 'f'`
  const counted = async (eventId: string) =>
    (await registry.sql<{ count: number }>`select count(*) as count from notification_notices where event_id = ${eventId}`)[0]?.count ?? 0
  await registry.publish(finn, 'finn/lib', { version: '2.0.0' })
  await registry.settled()
  const [event] = await registry.sql<{ id: string; stage: string }>`
    select id, stage from notification_events where data ->> 'version' = '2.0.0' and artifact_id = ${artifactId} and kind = 'metadata.version_published'`
  expect(event?.stage).toBe('done')
  expect(await counted(event?.id ?? '')).toBe(followers)
  // Cut off in the middle, as by a killed worker, then finished by the sweep.
  const requestId = uuidv7()
  const notices = registry.kernel.resolve(Notices)
  const stop = new AbortController()
  const fact = { artifactId, version: '3.0.0', name: 'lib' }
  const telling = withRequestContext({ requestId, trace: null, actor: null, ip: null }, () =>
    notices.note('metadata.version_published', fact, stop.signal),
  ).catch((error: unknown) => error)
  await expect.poll(() => counted(requestId), { interval: 5, timeout: 10_000 }).toBeGreaterThan(0)
  stop.abort(new Error('killed'))
  expect(await telling).toMatchObject({ message: 'killed' })
  const half = await counted(requestId)
  expect(half).toBeGreaterThan(0)
  expect(half).toBeLessThan(followers)
  await registry.sql`update notification_events set created_at = created_at - interval '1 hour' where id = ${requestId}`
  expect(await notices.finish(AbortSignal.timeout(30_000))).toBe(1)
  expect(await counted(requestId)).toBe(followers)
})

test('what is old is forgotten, and everything of a user that is deleted', async () => {
  await registry.user('gus')
  await registry.user('zoe')
  await follow('gus', { kind: 'namespace', namespace: 'gus' })
  await registry.sql`insert into notification_preferences (user_id) select id from accounts where name = 'gus'`
  const left = async () =>
    registry.sql<{ name: string; notices: number; subscriptions: number; preferences: number }>`
      select name, (select count(*) from notification_notices n where n.user_id = a.id) as notices,
        (select count(*) from notification_subscriptions s where s.user_id = a.id) as subscriptions,
        (select count(*) from notification_preferences p where p.user_id = a.id) as preferences
      from accounts a where name in ('gus', 'zoe') order by name`
  await registry.sql`insert into notification_notices (id, user_id, event_id, in_feed, created_at)
    select gen_random_uuid(), a.id, e.id, true, now() - a.days * interval '1 day'
    from (select id, case name when 'gus' then 1 else 91 end as days from accounts where name in ('gus', 'zoe')) a,
      (select id from notification_events order by id limit 1) e`
  await registry.kernel.resolve(Upkeep).run(AbortSignal.timeout(20_000))
  expect(await left()).toEqual([
    { name: 'gus', notices: 1, subscriptions: 1, preferences: 1 },
    { name: 'zoe', notices: 0, subscriptions: 0, preferences: 0 },
  ])
  await registry.sql`update notification_events set created_at = now() - interval '200 days'
    where id not in (select event_id from notification_notices) and id not in (select event_id from notification_deliveries)`
  // No matter how it is noticed: by the event of its credentials, or by the sweep.
  expect((await registry.request('DELETE', '/v1/users/gus', { as: 'admin' })).statusCode).toBe(204)
  await registry.settled()
  expect((await left())[0]).toEqual({ name: 'gus', notices: 0, subscriptions: 0, preferences: 0 })
  await registry.sql`insert into notification_preferences (user_id) select id from accounts where name = 'gus'`
  await registry.kernel.resolve(Upkeep).run(AbortSignal.timeout(20_000))
  expect((await left())[0]?.preferences).toBe(0)
  const [orphans] = await registry.sql<{
    count: number
  }>`select count(*) as count from notification_events where created_at < now() - interval '100 days'`
  expect(orphans?.count).toBe(0)
})
