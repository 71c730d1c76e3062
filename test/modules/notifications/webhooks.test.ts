import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Authorizer } from '../../../src/modules/auth/contract.ts'
import { Publications } from '../../../src/modules/metadata/publications.contract.ts'
import { Records } from '../../../src/modules/metadata/records.contract.ts'
import { Audience } from '../../../src/modules/notifications/audience.ts'
import { Notices } from '../../../src/modules/notifications/notices.service.ts'
import { claimDue, finishTry } from '../../../src/modules/notifications/webhooks/delivery.queries.ts'
import { DispatcherService } from '../../../src/modules/notifications/webhooks/dispatcher.ts'
import { KernelInfo } from '../../../src/shared/kernel/kernel-info.ts'
import { Outbound } from '../../../src/shared/kernel/outbound.ts'
import { withRequestContext } from '../../../src/shared/kernel/request-context.ts'
import { uuidv7 } from '../../../src/shared/types/uuidv7.ts'
import { type Notifications, openNotifications } from './open-notifications.ts'
import { answering, openReceiver, validSignatures } from './receiver.ts'

let registry: Notifications
beforeAll(async () => {
  registry = await openNotifications()
})
afterAll(() => registry[Symbol.asyncDispose]())

interface Webhook {
  readonly id: string
  readonly secret: string
}
const created = async (owner: string, body: object): Promise<Webhook & { path: string }> => {
  const answer = await registry.request('POST', `/v1/namespaces/${owner}/webhooks`, { as: owner, body })
  expect(answer.statusCode, answer.body).toBe(201)
  const webhook = answer.json<Webhook>()
  return { ...webhook, path: `/v1/namespaces/${owner}/webhooks/${webhook.id}` }
}

test('D-29 a publish reaches a receiver within 2 s, as a CloudEvent with a valid signature', async () => {
  await using receiver = await openReceiver()
  const ann = await registry.user('ann')
  const webhook = await created('ann', { url: receiver.url, events: ['metadata.version_published'] })
  const publishedAt = Date.now()
  const version = await registry.publish(ann, 'ann/tool', { version: '1.2.3' })
  await expect.poll(() => receiver.received.length, { timeout: 5_000, interval: 20 }).toBe(1)
  const [message] = receiver.received
  if (!message) throw new Error('nothing came')
  expect(message.at - publishedAt).toBeLessThan(2_000)
  expect(validSignatures(message, webhook.secret)).toBe(1)
  expect(validSignatures({ ...message, body: `${message.body} ` }, webhook.secret)).toBe(0)
  expect(message.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8')
  const [outbox] = await registry.sql<{ id: string }>`select event_id as id from outbox where name = 'metadata.version_published'`
  const event = JSON.parse(message.body)
  expect(event).toEqual({
    specversion: '1.0',
    id: outbox?.id,
    source: expect.stringMatching(/^http/),
    type: 'dev.gati.metadata.version_published',
    subject: 'ann/tool@1.2.3',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    datacontenttype: 'application/json',
    data: expect.objectContaining({ namespace: 'ann', name: 'tool', version: '1.2.3', manifestDigest: version.manifestDigest }),
  })
  await registry.settled()
  expect(receiver.received).toHaveLength(1)
  const answer = await registry.request('GET', `${webhook.path}/deliveries`, { as: 'ann' })
  expect(answer.json().items).toEqual([
    expect.objectContaining({ state: 'delivered', attempts: 1, eventId: outbox?.id, event: 'metadata.version_published' }),
  ])
})

interface VersionFact {
  readonly payload: Record<string, string>
}
const published = (path: string) => registry.sql<{ id: string }>`
  select o.event_id as id from outbox o where o.name = 'metadata.version_published' and o.payload ->> 'name' = ${path} order by o.id`
const deliveriesOf = async (owner: string, path: string) =>
  (await registry.request('GET', `${path}/deliveries`, { as: owner })).json<{
    items: { id: string; state: string; attempts: number; eventId: string; redelivers: string | null; event: string }[]
  }>().items
const logOf = async (owner: string, path: string, id: string) =>
  (await registry.request('GET', `${path}/deliveries/${id}`, { as: owner })).json<{
    state: string
    attempts: number
    nextAttemptAt: string | null
    log: { attempt: number; status: number | null; error: string | null; response: { body: string } | null }[]
  }>()

test('D-29 an event that comes again, or after a later one, reaches a webhook once, though two of its subscriptions fit', async () => {
  await using receiver = await openReceiver()
  const bea = await registry.user('bea')
  await registry.publish(bea, 'bea/lib', { version: '0.1.0' })
  await registry.settled()
  const follows = [
    { kind: 'namespace', namespace: 'bea' },
    { kind: 'artifact', namespace: 'bea', name: 'lib' },
  ]
  await created('bea', { url: receiver.url, follows, events: ['metadata.version_published'], format: 'json' })
  for (const version of ['1.0.0', '2.0.0']) await registry.publish(bea, 'bea/lib', { version })
  await registry.settled()
  await registry.sql`update effect_runs set state = 'queued' where effect = 'notifications.note-version-published'
    and outbox_id in (select id from outbox where payload ->> 'namespace' = 'bea' and payload ->> 'version' <> '0.1.0')`
  await registry.publish(bea, 'bea/other')
  await registry.settled()
  const [first] = await registry.sql<VersionFact>`select payload from outbox where event_id = ${(await published('other'))[0]?.id ?? ''}`
  const [older, newer] = [uuidv7(), uuidv7()]
  const notices = registry.kernel.resolve(Notices)
  for (const requestId of [newer, older, newer, older])
    await withRequestContext({ requestId, trace: null, actor: null, ip: null }, () =>
      notices.note('metadata.version_published', first?.payload ?? {}, AbortSignal.timeout(10_000)),
    )
  await registry.settled()
  const ids = receiver.received.map(({ body }) => JSON.parse(body).id)
  const expected = [...(await published('lib')).slice(1), ...(await published('other'))].map(({ id }) => id)
  expect(ids.toSorted()).toEqual([...expected, older, newer].toSorted())
  expect(receiver.received.map(({ headers }) => headers['content-type'])).toEqual(Array(5).fill('application/json'))
})

test('D-29 a delivery is tried eight times within 25 h, always with the same id and bytes, and then failed', async () => {
  await using receiver = await openReceiver(answering(500))
  const cat = await registry.user('cat')
  const webhook = await created('cat', { url: receiver.url, events: ['metadata.version_published'] })
  await registry.publish(cat, 'cat/lib')
  await registry.settled()
  const waits: number[] = []
  for (let tries = 1; tries < 8; tries++) {
    const [row] = await registry.sql<{
      wait: number
    }>`select extract(epoch from next_attempt_at - now())::float8 as wait from notification_deliveries
      where webhook_id = ${webhook.id} and state = 'waiting'`
    waits.push(row?.wait ?? Number.NaN)
    await registry.passTime((row?.wait ?? 0) - 5)
    expect(receiver.received).toHaveLength(tries)
    await registry.passTime(6)
    expect(receiver.received).toHaveLength(tries + 1)
  }
  const total = waits.reduce((sum, wait) => sum + wait, 0) / 3_600
  expect(total).toBeGreaterThan(23)
  expect(total).toBeLessThan(25)
  await registry.passTime(90_000)
  expect(receiver.received).toHaveLength(8)
  expect(
    new Set(receiver.received.map(({ body, headers }) => `${headers['gati-delivery']} ${headers['gati-event-id']} ${body}`)).size,
  ).toBe(1)
  expect(receiver.received.map(({ headers }) => headers['gati-attempt'])).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
  const [delivery] = await deliveriesOf('cat', webhook.path)
  expect(delivery).toMatchObject({ state: 'failed', attempts: 8 })
  const { log } = await logOf('cat', webhook.path, delivery?.id ?? '')
  expect(log.map(({ attempt, status, error }) => ({ attempt, status, error }))).toEqual(
    Array.from({ length: 8 }, (_, index) => ({ attempt: index + 1, status: 500, error: 'answered 500' })),
  )
  // Redelivered by hand when the receiver is well again: the same event, another delivery.
  receiver.answer(answering(204))
  const again = await registry.request('POST', `${webhook.path}/deliveries/${delivery?.id}/redeliver`, { as: 'cat' })
  expect(again.statusCode, again.body).toBe(202)
  await registry.settled()
  expect((await deliveriesOf('cat', webhook.path))[0]).toMatchObject({
    state: 'delivered',
    attempts: 1,
    redelivers: delivery?.id,
    eventId: delivery?.eventId,
  })
  expect(receiver.received[8]?.body).toBe(receiver.received[0]?.body)
  expect(receiver.received[8]?.headers['gati-delivery']).not.toBe(receiver.received[0]?.headers['gati-delivery'])
})

test('a receiver that asks for patience gets it, and one that is gone is left alone, with a notice to the owner', async () => {
  await using receiver = await openReceiver(answering(503, { 'retry-after': '7200' }))
  const dan = await registry.user('dan')
  const webhook = await created('dan', { url: receiver.url, events: ['metadata.version_published'] })
  await registry.publish(dan, 'dan/lib')
  await registry.settled()
  await registry.passTime(7_000)
  expect(receiver.received).toHaveLength(1)
  receiver.answer(answering(410))
  await registry.passTime(300)
  expect(receiver.received).toHaveLength(2)
  const seen = (await registry.request('GET', webhook.path, { as: 'dan' })).json()
  expect(seen).toMatchObject({ enabled: false, disabledReason: 'it answered 410 Gone' })
  await registry.publish(dan, 'dan/lib', { version: '2.0.0' })
  await registry.passTime(90_000)
  expect(receiver.received).toHaveLength(2)
  const feed = (await registry.request('GET', '/v1/me/feed', { as: 'dan' })).json()
  expect(feed.items).toEqual([
    expect.objectContaining({ event: 'notifications.webhook_disabled', text: expect.stringContaining('410 Gone') }),
  ])
  const refused = await registry.request('POST', `${webhook.path}/ping`, { as: 'dan' })
  expect([refused.statusCode, refused.json().code]).toEqual([409, 'notifications.webhook_disabled'])
  // Enabled again, it hears of what comes then.
  receiver.answer(answering(200))
  await registry.request('PATCH', webhook.path, { as: 'dan', body: { enabled: true } })
  await registry.publish(dan, 'dan/lib', { version: '3.0.0' })
  await registry.settled()
  expect(JSON.parse(receiver.received[2]?.body ?? '').subject).toBe('dan/lib@3.0.0')
})

test('a webhook that fails for days without one success is disabled', async () => {
  await using receiver = await openReceiver(answering(500))
  const eva = await registry.user('eva')
  const webhook = await created('eva', { url: receiver.url, events: ['metadata.version_published'] })
  const fails = async (version: string): Promise<boolean> => {
    await registry.publish(eva, 'eva/lib', { version })
    await registry.settled()
    return (await registry.request('GET', webhook.path, { as: 'eva' })).json().enabled
  }
  expect(await fails('1.0.0')).toBe(true)
  await registry.sql`update notification_webhooks set failing_since = failing_since - interval '4 days 23 hours' where id = ${webhook.id}`
  expect(await fails('1.1.0')).toBe(true)
  receiver.answer(answering(200))
  await fails('1.2.0')
  receiver.answer(answering(500))
  expect(await fails('1.3.0')).toBe(true)
  await registry.sql`update notification_webhooks set failing_since = failing_since - interval '6 days' where id = ${webhook.id}`
  // A message that fails once after a quiet week says little; one whose tries all failed says enough.
  expect(await fails('1.4.0')).toBe(true)
  await registry.sql`update notification_deliveries set attempts = 7, next_attempt_at = now()
    where webhook_id = ${webhook.id} and event_id = (select id from notification_events where namespace = 'eva' and data ->> 'version' = '1.4.0')`
  registry.dispatcher.kick()
  await registry.settled()
  expect((await registry.request('GET', webhook.path, { as: 'eva' })).json().enabled).toBe(false)
  const waiting = await registry.sql`select id from notification_deliveries where webhook_id = ${webhook.id} and state = 'waiting'`
  expect(waiting).toEqual([])
})

test('D-29 what a killed worker had claimed is sent a minute later with the same id, and two workers send it once', async () => {
  await using receiver = await openReceiver()
  const fay = await registry.user('fay')
  const webhook = await created('fay', { url: receiver.url })
  await registry.settled()
  await registry.sql`update notification_webhooks set state = 'disabled' where id = ${webhook.id}`
  await registry.publish(fay, 'fay/lib')
  await registry.settled()
  await registry.sql`update notification_webhooks set state = 'enabled' where id = ${webhook.id}`
  const [event] = await published('lib')
  const id = '01900000-0000-7000-8000-0000000000fa'
  await registry.sql`insert into notification_deliveries (id, webhook_id, event_id) select ${id}, ${webhook.id}, id from notification_events
    where id = (select event_id from outbox where name = 'metadata.version_published' and payload ->> 'namespace' = 'fay')`
  expect(event).toBeDefined()
  const [claimed] = await claimDue(registry.database, { claim: randomUUID(), limit: 1, perWebhook: 1, busy: [] })
  expect(claimed?.id).toBe(id)
  registry.dispatcher.kick()
  await registry.dispatcher.idle()
  expect(receiver.received).toHaveLength(0)
  const other = anotherWorker()
  await registry.sql`update notification_deliveries set claimed_until = now() - interval '1 second' where id = ${id}`
  for (const worker of [other, registry.dispatcher]) worker.kick()
  await Promise.all([other.idle(), registry.dispatcher.idle()])
  expect(receiver.received.map(({ headers }) => headers['gati-delivery'])).toEqual([id])
  // The dead one comes back from the dead: its answer does not count any more.
  if (!claimed) throw new Error('nothing was claimed')
  expect(await finishTry(registry.database, claimed, { tried: undefined, verdict: { state: 'failed' } })).toBe(false)
})

test('two workers side by side send every delivery of many once', async () => {
  await using receiver = await openReceiver()
  const gil = await registry.user('gil')
  const webhook = await created('gil', { url: receiver.url, events: ['metadata.version_published'] })
  for (let minor = 0; minor < 30; minor++) await registry.publish(gil, 'gil/lib', { version: `1.${minor}.0` })
  await registry.settled()
  expect(receiver.received).toHaveLength(30)
  await registry.sql`update notification_deliveries set state = 'waiting', next_attempt_at = now() where webhook_id = ${webhook.id}`
  await registry.sql`delete from notification_attempts`
  const other = anotherWorker()
  for (const worker of [other, registry.dispatcher]) worker.kick()
  await Promise.all([other.idle(), registry.dispatcher.idle()])
  expect(receiver.received).toHaveLength(60)
  expect(new Set(receiver.received.slice(30).map(({ headers }) => headers['gati-delivery'])).size).toBe(30)
})

test('a secret is shown once; a new one signs beside the former until that ends', async () => {
  await using receiver = await openReceiver()
  await registry.user('hal')
  const { secret, path } = await created('hal', { url: receiver.url })
  expect((await registry.request('GET', path, { as: 'hal' })).body).not.toContain(secret)
  const rotate = async (formerValidHours: number) =>
    (await registry.request('POST', `${path}/secret`, { as: 'hal', body: { formerValidHours } })).json<{ secret: string }>().secret
  const ping = async () => {
    await registry.request('POST', `${path}/ping`, { as: 'hal' })
    await registry.settled()
    const message = receiver.received.at(-1)
    if (!message) throw new Error('no ping came')
    return message
  }
  const second = await rotate(24)
  const both = await ping()
  expect([secret, second].map((one) => validSignatures(both, one))).toEqual([1, 1])
  expect(JSON.parse(both.body).type).toBe('dev.gati.notifications.ping')
  const third = await rotate(0)
  const last = await ping()
  expect([secret, second, third].map((one) => validSignatures(last, one))).toEqual([0, 0, 1])
})

function anotherWorker(): DispatcherService {
  const { kernel, database, transaction, events } = registry
  const about = { records: kernel.resolve(Records), publications: kernel.resolve(Publications), catalog: registry.catalog }
  const audience = new Audience({ authorizer: kernel.resolve(Authorizer), ...about })
  const services = { outbound: kernel.resolve(Outbound), info: kernel.resolve(KernelInfo), log: kernel.log }
  return new DispatcherService({ ...services, database, transaction, events, audience, timeoutMs: 5_000, disableDays: 5 })
}
