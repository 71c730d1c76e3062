import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { claimDue } from '../../../src/modules/notifications/webhooks/delivery.queries.ts'
import { type Notifications, openNotifications } from './open-notifications.ts'
import { type Answer, answering, openReceiver } from './receiver.ts'

let registry: Notifications
beforeAll(async () => {
  registry = await openNotifications({ settings: { notifications: { webhookTimeoutSeconds: 1, webhooksPerNamespace: 12 } } })
})
afterAll(() => registry[Symbol.asyncDispose]())

const create = (owner: string, body: object) => registry.request('POST', `/v1/namespaces/${owner}/webhooks`, { as: owner, body })
const codeOf = (answer: { statusCode: number; body: string }) => `${answer.statusCode} ${JSON.parse(answer.body).code}`

test('D-24 a webhook to an address that is not public is refused when it is made', async () => {
  await registry.user('ssrf')
  const inside = [
    'http://127.0.0.2/',
    'http://0.0.0.0/',
    'http://2130706434/',
    'http://0x7f.2/',
    'http://10.0.0.1/',
    'https://172.16.1.1/x',
  ]
  const more = [
    'http://169.254.169.254/latest/meta-data',
    'http://192.168.0.1:8080/',
    'http://100.64.0.1/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.1]/',
  ]
  const last = ['http://[::ffff:127.0.0.2]/', 'http://[fd00::1]/', 'http://[fe80::1]/', 'http://[64:ff9b::a00:1]/', 'http://168.63.129.16/']
  for (const url of [...inside, ...more, ...last]) {
    const answer = await create('ssrf', { url })
    expect(codeOf(answer), url).toBe('400 notifications.webhook_address_refused')
    expect(answer.json().suggestions[0]).toContain('REGISTRY_OUTBOUND_ALLOW')
  }
  const malformed = [
    'https://user:secret@example.org/',
    'https://user@example.org/',
    'https://example.org/#part',
    'https://example.org/#',
    'ftp://example.org/',
  ]
  const others = [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'gopher://example.org/',
    '//example.org/x',
    'example.org/x',
    'https://',
    'http://[::1',
  ]
  for (const url of [...malformed, ...others])
    expect(codeOf(await create('ssrf', { url })), url).toBe('400 notifications.webhook_url_invalid')
  expect((await create('ssrf', { url: `https://example.org/${'x'.repeat(2_048)}` })).statusCode).toBe(400)
  expect(await registry.sql`select id from notification_webhooks`).toEqual([])
})

test('D-24 an address that became private is refused at every try, with the reason in the log, and is not connected to', async () => {
  await using receiver = await openReceiver()
  await registry.user('moved')
  const webhook = (await create('moved', { url: receiver.url })).json()
  await registry.sql`update notification_webhooks set url = ${receiver.url.replace('127.0.0.1', '127.0.0.2')} where id = ${webhook.id}`
  const path = `/v1/namespaces/moved/webhooks/${webhook.id}`
  const { id } = (await registry.request('POST', `${path}/ping`, { as: 'moved' })).json()
  await registry.settled()
  const delivery = (await registry.request('GET', `${path}/deliveries/${id}`, { as: 'moved' })).json()
  expect(delivery).toMatchObject({
    state: 'waiting',
    attempts: 1,
    log: [{ status: null, error: 'the registry does not connect to that address' }],
  })
  expect(receiver.received).toEqual([])
})

/** One try of an endpoint that answers so; what the log says of it. */
async function tried(owner: string, answer: Answer) {
  await using receiver = await openReceiver(answer)
  await registry.user(owner)
  const webhook = (await create(owner, { url: receiver.url })).json()
  const path = `/v1/namespaces/${owner}/webhooks/${webhook.id}`
  const { id } = (await registry.request('POST', `${path}/ping`, { as: owner })).json()
  const startedAt = performance.now()
  await registry.settled()
  const { log, state } = (await registry.request('GET', `${path}/deliveries/${id}`, { as: owner })).json()
  await registry.request('DELETE', path, { as: owner })
  return { state, tookMs: performance.now() - startedAt, ...log[0], requests: receiver.received.length }
}

test('hostile endpoints: what they answer is bounded in size and time, and redirects are failures', async () => {
  const elsewhere = await openReceiver()
  const redirected = await tried('redirects', answering(307, { location: elsewhere.url }))
  expect(redirected).toMatchObject({ state: 'waiting', status: 307, error: 'redirects are not followed', requests: 1 })
  expect(elsewhere.received).toEqual([])
  await elsewhere[Symbol.asyncDispose]()

  const silent = await tried('silent', () => undefined)
  expect(silent).toMatchObject({ state: 'waiting', status: null, error: 'no answer within 1 s', response: null })
  expect(silent.tookMs).toBeLessThan(5_000)

  const endless = await tried('endless', (response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'.repeat(16_384)), 1)
    response.on('close', () => clearInterval(timer)).on('error', () => undefined)
  })
  expect(endless).toMatchObject({ state: 'delivered', status: 200, error: null })
  expect(endless.response.body).toBe('x'.repeat(1_024))

  // Its status has come; the rest of its answer is nobody's concern.
  const dripping = await tried('dripping', (response) => void response.writeHead(202).write('x'))
  expect(dripping).toMatchObject({ state: 'delivered', status: 202 })
  expect(dripping.tookMs).toBeLessThan(5_000)

  const verbose = await tried('verbose', answering(200, { 'x-filler': 'x'.repeat(100_000) }))
  expect(verbose).toMatchObject({ state: 'waiting', status: null, error: 'the headers of the answer are too large' })

  const cut = await tried('cut', (response) => void response.socket?.destroy())
  expect(cut).toMatchObject({ state: 'waiting', status: null, error: 'the connection was cut' })

  const noHttp = await tried('garbage', (response) => void response.socket?.end('SSH-2.0-OpenSSH_9.9\r\n'))
  expect(noHttp).toMatchObject({ state: 'waiting', status: null, error: 'it did not answer as HTTP demands' })

  const nul = await tried('nul', (response) => void response.writeHead(500, { 'content-type': 'text/html' }).end('a\0b<script>'))
  expect(nul).toMatchObject({ state: 'waiting', status: 500, response: { contentType: 'text/html', body: 'ab<script>' } })
})

test('an endpoint that is slow is asked little at a time, and holds up no other one', async () => {
  let [underWay, most] = [0, 0]
  await using slow = await openReceiver((response) => {
    most = Math.max(most, ++underWay)
    response.on('close', () => underWay--)
  })
  await using quick = await openReceiver()
  await registry.user('ned')
  const events = ['metadata.version_published']
  for (const { url } of [slow, quick]) expect((await create('ned', { url, events })).statusCode).toBe(201)
  // Everything is due at once, what is for the slow one first.
  await registry.sql`insert into notification_events (id, kind, at, namespace_id, namespace, data, stage)
    select gen_random_uuid(), 'notifications.ping', now(), id, name, '{}', 'done' from namespaces, generate_series(1, 16) where name = 'ned'`
  await registry.sql`insert into notification_deliveries (id, webhook_id, event_id, next_attempt_at)
    select gen_random_uuid(), w.id, e.id, now() - case when w.url = ${slow.url} then interval '1 hour' else interval '1 second' end
    from notification_webhooks w, notification_events e where e.kind = 'notifications.ping' and e.namespace = 'ned' and w.state = 'enabled'
      and w.url in (${slow.url}, ${quick.url})`
  registry.dispatcher.kick()
  await expect.poll(() => quick.received.length, { timeout: 10_000, interval: 20 }).toBe(16)
  expect(most).toBeGreaterThan(0)
  expect(most).toBeLessThan(8)
  await registry.sql`delete from notification_webhooks`
  await registry.settled()
})

test('a webhook for which thousands wait hides no other one', async () => {
  await using receiver = await openReceiver()
  await registry.user('sid')
  const ids: string[] = []
  for (const description of ['full', 'other']) ids.push((await create('sid', { url: receiver.url, description })).json().id)
  await registry.sql`insert into notification_events (id, kind, at, namespace_id, namespace, data, stage)
    select gen_random_uuid(), 'notifications.ping', now(), id, name, '{}', 'done' from namespaces, generate_series(1, 1500) where name = 'sid'`
  // Claimed by hand: until then nothing is due.
  await registry.sql`insert into notification_deliveries (id, webhook_id, event_id, next_attempt_at)
    select gen_random_uuid(), w.id, e.id, now() + case w.description when 'full' then interval '1 hour' else interval '2 hours' end
    from notification_webhooks w, (select id, row_number() over () as n from notification_events where namespace = 'sid') e
    where w.id = any(${ids}::uuid[]) and (w.description = 'full' or e.n = 1)`
  const claimed = await registry.transaction.run(async () => {
    await registry.database
      .sql`update notification_deliveries set next_attempt_at = next_attempt_at - interval '3 hours' where webhook_id = any(${ids}::uuid[])`
    const claim = (busy: string[]) => claimDue(registry.database, { claim: randomUUID(), limit: 32, perWebhook: 4, busy })
    const both = await claim([])
    await registry.database
      .sql`update notification_deliveries set claim = null, claimed_until = null where webhook_id = any(${ids}::uuid[])`
    const free = await claim(ids.slice(0, 1))
    await registry.database.sql`delete from notification_deliveries where webhook_id = any(${ids}::uuid[])`
    return [both, free].map((some) => some.map(({ webhookId }) => ids.indexOf(webhookId)).toSorted())
  })
  expect(claimed).toEqual([[0, 0, 0, 0, 1], [1]])
  await registry.sql`delete from notification_webhooks`
})

test('a namespace has so many webhooks, and only whoever manages it sees and changes them', async () => {
  await using receiver = await openReceiver()
  await registry.user('olga')
  await registry.user('stranger')
  const made = await Promise.all(Array.from({ length: 14 }, () => create('olga', { url: receiver.url })))
  expect(made.filter(({ statusCode }) => statusCode === 201)).toHaveLength(12)
  expect(codeOf(await create('olga', { url: receiver.url }))).toBe('403 notifications.too_many_webhooks')
  const id = made.find(({ statusCode }) => statusCode === 201)?.json().id
  const path = `/v1/namespaces/olga/webhooks/${id}`
  const calls = ['GET /', 'GET', 'PATCH', 'DELETE', 'POST /secret', 'POST /ping', 'GET /deliveries', `GET /deliveries/${id}`] as const
  for (const call of calls) {
    const [method = 'GET', rest = ''] = call.split(' ')
    const url = rest === '/' ? '/v1/namespaces/olga/webhooks' : `${path}${rest}`
    const body = method === 'PATCH' ? { enabled: false } : rest === '/secret' ? {} : undefined
    const answer = await registry.request(method as 'GET', url, { as: 'stranger', ...(body && { body }) })
    expect(codeOf(answer), call).toBe('404 metadata.namespace_not_found')
  }
  // Of another namespace, by an id that is known.
  expect(codeOf(await registry.request('GET', `/v1/namespaces/stranger/webhooks/${id}`, { as: 'stranger' }))).toBe(
    '404 notifications.webhook_not_found',
  )
  const actions = await registry.sql<{
    action: string
  }>`select distinct action from audit_log where action like 'webhook.%' order by action`
  expect(actions.map(({ action }) => action)).toEqual(['webhook.created', 'webhook.deleted'])
})

test('what a webhook follows on is followed since it was, whatever else it follows from now on', async () => {
  const user = await registry.user('remy')
  await registry.publish(user, 'remy/lib')
  await registry.settled()
  const namespace = { kind: 'namespace', namespace: 'remy' }
  const artifact = { kind: 'artifact', namespace: 'remy', name: 'lib' }
  const { id } = (await create('remy', { url: 'http://127.0.0.1:9/', follows: [namespace] })).json()
  const kept = () => registry.sql`select id, target_kind as kind, created_at as at from notification_subscriptions
    where webhook_id = ${id}::uuid order by target_kind desc`
  const [before] = await kept()
  const change = async (follows: readonly object[]) => {
    const answer = await registry.request('PATCH', `/v1/namespaces/remy/webhooks/${id}`, { as: 'remy', body: { follows } })
    return answer.json<{ follows: unknown[] }>().follows
  }
  expect(await change([artifact, namespace])).toHaveLength(2)
  expect(await kept()).toEqual([before, expect.objectContaining({ kind: 'artifact' })])
  expect(await change([namespace])).toEqual([namespace])
  expect(await kept()).toEqual([before])
  expect(await change([])).toEqual([])
})

test('P24 a webhook hears of what its namespace may read at the moment of sending, and no more', async () => {
  await using receiver = await openReceiver()
  const pia = await registry.user('pia')
  await registry.user('quinn')
  await registry.publish(pia, 'pia/open')
  await registry.request('PATCH', '/v1/namespaces/pia', { as: 'pia', body: { visibility: 'public' } })
  await registry.settled()
  const follows = [{ kind: 'artifact', namespace: 'pia', name: 'open' }]
  const webhook = (await create('quinn', { url: receiver.url, follows, events: ['metadata.version_published'] })).json()
  await registry.publish(pia, 'pia/open', { version: '2.0.0' })
  await registry.settled()
  expect(receiver.received).toHaveLength(1)
  receiver.answer(answering(500))
  await registry.publish(pia, 'pia/open', { version: '3.0.0' })
  await registry.settled()
  expect(receiver.received).toHaveLength(2)
  const hidden = await registry.request('PATCH', '/v1/namespaces/pia', { as: 'pia', body: { visibility: 'private' } })
  expect(hidden.statusCode, hidden.body).toBe(200)
  receiver.answer(answering(200))
  await registry.publish(pia, 'pia/open', { version: '4.0.0' })
  await registry.passTime(60)
  expect(receiver.received).toHaveLength(2)
  const log = (await registry.request('GET', `/v1/namespaces/quinn/webhooks/${webhook.id}/deliveries`, { as: 'quinn' })).json()
  expect(log.items.map(({ state }: { state: string }) => state)).toEqual(['withheld', 'withheld', 'delivered'])
})

test('P24 an organization hears of its own private artifacts, and of those of others only what everybody may read', async () => {
  await using receiver = await openReceiver()
  const rosa = await registry.user('rosa')
  const sam = await registry.user('sam')
  expect((await registry.request('POST', '/v1/organizations', { as: 'rosa', body: { name: 'acme' } })).statusCode).toBe(201)
  await registry.publish(sam, 'sam/secret')
  await registry.request('PUT', '/v1/artifacts/sam/secret/-/grants/user/rosa', { as: 'sam', body: { role: 'read' } })
  await registry.settled()
  const follows = [
    { kind: 'namespace', namespace: 'acme' },
    { kind: 'artifact', namespace: 'sam', name: 'secret' },
  ]
  const answer = await create('acme', { url: receiver.url })
  // A namespace is no user.
  expect(answer.statusCode).toBe(401)
  const made = await registry.request('POST', '/v1/namespaces/acme/webhooks', {
    as: 'rosa',
    body: { url: `${receiver.url}/path-with-a-token`, follows, events: ['metadata.version_published'] },
  })
  expect(made.statusCode, made.body).toBe(201)
  await registry.publish(rosa, 'acme/own')
  await registry.publish(sam, 'sam/secret', { version: '2.0.0' })
  await registry.settled()
  expect(receiver.received.map(({ body }) => JSON.parse(body).subject)).toEqual(['acme/own@1.0.0'])
  const log = (await registry.request('GET', `/v1/namespaces/acme/webhooks/${made.json().id}/deliveries`, { as: 'rosa' })).json()
  expect(log.items.map(({ state }: { state: string }) => state).toSorted()).toEqual(['delivered', 'withheld'])
  const secrets =
    await registry.sql`select id from audit_log where audit_log::text like '%path-with-a-token%' or audit_log::text like '%whsec_%'`
  expect(secrets).toEqual([])
})
