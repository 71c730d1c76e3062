import { afterAll, beforeAll, expect, test } from 'vitest'
import { TagMoved } from '../../../src/modules/metadata/contract.ts'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { Notices, NoticesService } from '../../../src/modules/notifications/notices.service.ts'
import { ScanCompleted, VulnerabilityDetected } from '../../../src/modules/scanning/events.contract.ts'
import { DependantsAffected } from '../../../src/modules/timescape/events.contract.ts'
import { withRequestContext } from '../../../src/shared/kernel/request-context.ts'
import { uuidv7 } from '../../../src/shared/types/uuidv7.ts'
import { type Notifications, openNotifications } from './open-notifications.ts'
import { openReceiver } from './receiver.ts'

let registry: Notifications
beforeAll(async () => {
  registry = await openNotifications()
})
afterAll(() => registry[Symbol.asyncDispose]())

const follow = (as: string, target: object, events?: readonly string[]) =>
  registry.request('POST', '/v1/subscriptions', { as, body: { target, ...(events && { events }) } })
const feedOf = async (as: string) =>
  (await registry.request('GET', '/v1/me/feed', { as })).json<{ items: { event: string; subject: string; text: string }[] }>().items
const subjects = async (as: string) => (await feedOf(as)).map(({ event, subject }) => `${event.replace(/^\w+\./, '')} ${subject}`)
const show = (namespace: string, visibility: 'public' | 'private') =>
  registry.request('PATCH', `/v1/namespaces/${namespace}`, { as: namespace, body: { visibility } })
async function artifactIdOf(path: string): Promise<string> {
  const [namespace = '', name = ''] = path.split('/')
  const [row] = await registry.sql<{ id: string }>`select a.id from artifacts a join namespaces n on n.id = a.namespace_id
    where n.name = ${namespace} and a.name = ${name}`
  return row?.id ?? ''
}
const factOf = async (path: string, manifestDigest: string) => {
  const [namespace = '', name = ''] = path.split('/')
  return { artifactId: await artifactIdOf(path), namespace, name, format: 'generic', manifestDigest }
}

test('P24 a feed asks for the rights of each dependency, not for those of the first one of the page', async () => {
  const [lea, max, nia] = [await registry.user('lea'), await registry.user('max'), await registry.user('nia')]
  for (const [user, path] of [
    [lea, 'lea/open'],
    [max, 'max/hidden'],
    [nia, 'nia/app'],
  ] as const)
    await registry.publish(user, path)
  for (const namespace of ['lea', 'max']) await show(namespace, 'public')
  await registry.settled()
  const dependants = [{ artifactId: await artifactIdOf('nia/app'), namespace: 'nia', name: 'app', range: '^1.0.0' }]
  const rest = { format: 'generic', version: '2.0.0', cause: 'breaking-change', reason: 'a member was removed', dependants }
  for (const path of ['max/hidden', 'lea/open']) {
    const [namespace = '', name = ''] = path.split('/')
    await registry.events.emit(DependantsAffected, { artifactId: await artifactIdOf(path), namespace, name, ...rest })
    await registry.settled()
  }
  const texts = async () => (await feedOf('nia')).map(({ text }) => text.replace(/:.*/, ''))
  expect(await texts()).toEqual(['nia/app takes ^1.0.0 of lea/open', 'nia/app takes ^1.0.0 of max/hidden'])
  await show('max', 'private')
  expect(await texts()).toEqual(['nia/app takes ^1.0.0 of lea/open'])
})

test('followers do not learn the names of versions that were deleted before they came out', async () => {
  const pat = await registry.user('pat')
  await registry.user('rex')
  registry.kernel.resolve(Publications).addPolicy({
    name: 'test',
    review: async ({ located, version }) => (located.namespace.name === 'pat' && version !== '1.0.0' ? 'not yet' : null),
  })
  for (const version of ['1.0.0', '2.0.0']) await registry.publish(pat, 'pat/lib', { version })
  await show('pat', 'public')
  await registry.settled()
  const events = ['metadata.version_deleted']
  for (const user of ['pat', 'rex']) expect((await follow(user, { kind: 'namespace', namespace: 'pat' }, events)).statusCode).toBe(201)
  for (const version of ['2.0.0', '1.0.0']) {
    await registry.catalog.unpublish(pat, { namespace: 'pat', name: 'lib' }, version)
    await registry.settled()
  }
  expect(await subjects('rex')).toEqual(['version_deleted pat/lib@1.0.0'])
  expect((await subjects('pat')).filter((each) => each.startsWith('version_deleted'))).toEqual([
    'version_deleted pat/lib@1.0.0',
    'version_deleted pat/lib@2.0.0',
  ])
})

test('followers do not hear of a quarantined manifest that waited with several names and never came out', async () => {
  const ivo = await registry.user('ivo')
  await registry.user('zoe')
  const publications = registry.kernel.resolve(Publications)
  publications.addPolicy({
    name: 'test-names',
    review: async ({ located, version }) => (located.namespace.name === 'ivo' && version !== '1.0.0' ? 'not yet' : null),
  })
  const { manifestDigest: published } = await registry.publish(ivo, 'ivo/lib', { version: '1.0.0' })
  await show('ivo', 'public')
  await registry.settled()
  await follow('zoe', { kind: 'namespace', namespace: 'ivo' }, ['metadata.manifest_quarantined'])
  const { manifestDigest: waiting } = await registry.publish(ivo, 'ivo/lib', { version: '2.0.0' })
  await registry.publish(ivo, 'ivo/lib', { version: '2.0.1', manifestDigest: waiting })
  await publications.quarantine(await factOf('ivo/lib', waiting), { by: 'test', reason: 'bad' })
  await registry.settled()
  expect(await subjects('zoe')).toEqual([])
  // A manifest that came out under one name is known, whatever waits beside it.
  await registry.publish(ivo, 'ivo/lib', { version: '2.1.0', manifestDigest: published })
  await publications.quarantine(await factOf('ivo/lib', published), { by: 'test', reason: 'bad' })
  await registry.settled()
  expect(await subjects('zoe')).toEqual(['manifest_quarantined ivo/lib'])
})

test('what nobody follows costs one statement', async () => {
  let statements = 0
  const never = new Proxy({}, { get: (_none, name) => expect.unreachable(String(name)) }) as never
  const sql = async () => {
    statements += 1
    return [{ found: false }] as never
  }
  const database = { ...registry.database, sql }
  const notices = new NoticesService({ database, effects: never, log: never, records: never, audience: never, fanOut: never })
  const fact = { artifactId: uuidv7(), manifestDigest: `sha256:${'a'.repeat(64)}` }
  await withRequestContext({ requestId: uuidv7(), trace: null, actor: null, ip: null }, () =>
    notices.note('metadata.version_published', fact, AbortSignal.timeout(10_000)),
  )
  expect(statements).toBe(1)
})

test('tags that clients make to attach signatures are told to nobody', async () => {
  const tia = await registry.user('tia')
  await registry.publish(tia, 'tia/lib')
  await registry.settled()
  await follow('tia', { kind: 'namespace', namespace: 'tia' }, ['metadata.tag_moved'])
  const artifactId = await artifactIdOf('tia/lib')
  for (const tag of [`sha256-${'a'.repeat(64)}`, `sha256-${'a'.repeat(64)}.sig`, 'stable'])
    await registry.events.emit(TagMoved, { artifactId, tag, from: null, to: '1.0.0' })
  await registry.settled()
  expect(await subjects('tia')).toEqual(['tag_moved tia/lib:stable'])
})

test('an event whose telling always fails holds up no other one, and is tried later each time', async () => {
  await registry.user('uma')
  await registry.sql`insert into notification_events (id, kind, at, namespace_id, namespace, data, created_at)
    select gen_random_uuid(), kind, now(), id, name, '{}', now() - age * interval '1 hour'
    from namespaces, (values ('no.such_kind', 2), ('signing.publisher_key_revoked', 1)) e (kind, age) where name = 'uma'`
  const notices = registry.kernel.resolve(Notices)
  expect(await notices.finish(AbortSignal.timeout(10_000))).toBe(1)
  expect(await subjects('uma')).toEqual(['publisher_key_revoked uma'])
  expect(await notices.finish(AbortSignal.timeout(10_000))).toBe(0)
  const unfinished = () => registry.sql<{ failures: number; wait: number }>`
    select failures, round(extract(epoch from retry_at - now()) / 60)::integer as wait from notification_events where stage <> 'done'`
  expect(await unfinished()).toEqual([{ failures: 1, wait: 5 }])
  await registry.sql`update notification_events set retry_at = now() where stage <> 'done'`
  await notices.finish(AbortSignal.timeout(10_000))
  expect(await unfinished()).toEqual([{ failures: 2, wait: 10 }])
  await registry.sql`delete from notification_events where stage <> 'done'`
})

test('a change of a webhook that was disabled meanwhile does not enable it', async () => {
  await using receiver = await openReceiver()
  await registry.user('vic')
  const made = await registry.request('POST', '/v1/namespaces/vic/webhooks', { as: 'vic', body: { url: receiver.url } })
  const path = `/v1/namespaces/vic/webhooks/${made.json().id}`
  const [held, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const disabling = registry.transaction.run(async () => {
    await registry.database
      .sql`update notification_webhooks set state = 'disabled', disabled_reason = 'it is gone' where id = ${made.json().id}`
    held.resolve()
    await gate.promise
  })
  await held.promise
  const changing = registry.request('PATCH', path, { as: 'vic', body: { description: 'new' } })
  const waiting = () =>
    registry.sql`select pid from pg_stat_activity where wait_event_type = 'Lock' and query like '%notification_webhooks%'`
  await expect.poll(async () => (await waiting()).length, { interval: 20, timeout: 10_000 }).toBe(1)
  gate.resolve()
  await disabling
  expect((await changing).json()).toMatchObject({ enabled: false, disabledReason: 'it is gone', description: 'new' })
})

test('owners hear of a scan when it finds something, or another thing than before; who follows hears of each', async () => {
  const wes = await registry.user('wes')
  await registry.user('xia')
  await registry.publish(wes, 'wes/lib')
  await registry.request('PUT', '/v1/artifacts/wes/lib/-/grants/user/xia', { as: 'wes', body: { role: 'write' } })
  await registry.settled()
  const about = { namespace: 'wes', name: 'lib', format: 'generic', manifestDigest: `sha256:${'a'.repeat(64)}`, scanId: 'scan' }
  const clean = { securityScore: 98, riskLevel: 'low', vulnerabilities: 0, malicious: false }
  const bad = { securityScore: 60, riskLevel: 'medium', vulnerabilities: 1, malicious: false }
  const artifactId = await artifactIdOf('wes/lib')
  const scanned = async (...verdicts: (typeof clean)[]) => {
    for (const verdict of verdicts) {
      await registry.events.emit(ScanCompleted, { artifactId, ...about, ...verdict })
      await registry.settled()
    }
    return (await feedOf('wes')).map(({ text }) => text.replace(/.*: /, ''))
  }
  expect(await scanned(clean, clean)).toEqual([])
  expect(await registry.sql`select id from notification_events where namespace = 'wes'`).toEqual([])
  expect(await scanned(bad, bad)).toEqual(['score 60, 1 finding'])
  expect(await scanned(clean, clean)).toEqual(['score 98, 0 findings', 'score 60, 1 finding'])
  expect((await follow('xia', { kind: 'artifact', namespace: 'wes', name: 'lib' })).statusCode).toBe(201)
  expect(await scanned(clean)).toHaveLength(2)
  expect(await subjects('xia')).toEqual(['scan_completed wes/lib'])
  expect(await registry.sql`select id from notification_events where stage <> 'done'`).toEqual([])
})

test('whoever follows an advisory hears of each artifact it concerns, as far as it may be read', async () => {
  const dora = await registry.user('dora')
  await registry.user('uwe')
  const open = await registry.publish(dora, 'dora/open')
  const closed = await registry.publish(dora, 'dora/closed')
  await registry.request('PATCH', '/v1/artifacts/dora/open', { as: 'dora', body: { visibility: 'public' } })
  await follow('uwe', { kind: 'advisory', advisory: 'GHSA-jf85-cpcp-j695' })
  // By its other name too, and once whoever follows both.
  await follow('uwe', { kind: 'advisory', advisory: 'CVE-2019-10744' })
  await registry.user('ulf')
  await follow('ulf', { kind: 'advisory', advisory: 'CVE-2019-10744' })
  const known = { advisoryId: 'GHSA-jf85-cpcp-j695', aliases: ['CVE-2019-10744'] }
  const finding = { scanId: uuidv7(), ...known, severity: 'high', package: 'lodash', fixedVersion: '4.17.12' }
  await registry.events.emit(VulnerabilityDetected, { ...(await factOf('dora/open', open.manifestDigest)), ...finding })
  await registry.events.emit(VulnerabilityDetected, { ...(await factOf('dora/closed', closed.manifestDigest)), ...finding })
  await registry.events.emit(VulnerabilityDetected, {
    ...(await factOf('dora/open', open.manifestDigest)),
    ...finding,
    advisoryId: 'GHSA-other',
    aliases: [],
  })
  await registry.settled()
  for (const user of ['uwe', 'ulf'])
    expect((await feedOf(user)).map(({ text }) => text)).toEqual([
      'GHSA-jf85-cpcp-j695 (high) concerns lodash in dora/open; fixed in 4.17.12',
    ])
  expect(await subjects('dora')).toHaveLength(3)
})
