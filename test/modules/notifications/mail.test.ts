import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Notifications, openNotifications } from './open-notifications.ts'
import { headersOf, openMailServer, partsOf, type ReceivedMail, refusal } from './smtp-receiver.ts'

let server: Awaited<ReturnType<typeof openMailServer>>
let registry: Notifications
beforeAll(async () => {
  server = await openMailServer()
  registry = await openNotifications({
    settings: { notifications: { smtpUrl: server.url, mailsPerHour: 3, mailFrom: 'Reg <reg@example.org>' } },
  })
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

/** A user with an address, who follows the public namespace of somebody else and gets mail at this pace. */
async function reader(username: string, publisher: string, pace: string): Promise<void> {
  await registry.user(username)
  await registry.sql`update users set email = ${`${username}@example.org`} where id = (select id from accounts where name = ${username})`
  const body = { target: { kind: 'namespace', namespace: publisher }, events: ['metadata.version_published'] }
  expect((await registry.request('POST', '/v1/subscriptions', { as: username, body })).statusCode).toBe(201)
  const change = { kinds: { 'metadata.version_published': { mail: pace } } }
  expect((await registry.request('PATCH', '/v1/me/notification-preferences', { as: username, body: change })).statusCode).toBe(200)
}
async function publisher(name: string) {
  const user = await registry.user(name)
  await registry.publish(user, `${name}/lib`, { version: '0.0.1' })
  await registry.request('PATCH', `/v1/namespaces/${name}`, { as: name, body: { visibility: 'public' } })
  await registry.settled()
  return async (version: string): Promise<void> => {
    await registry.publish(user, `${name}/lib`, { version })
    await registry.settled()
  }
}
const mailTo = (username: string): ReceivedMail[] => server.received.filter(({ to }) => to[0] === `${username}@example.org`)
const textOf = (mail: ReceivedMail | undefined): string => (mail && partsOf(mail).get('text/plain')) ?? ''
const preferences = async (as: string) => (await registry.request('GET', '/v1/me/notification-preferences', { as })).json()

test('an instant mail comes at once, with a link that ends mail in one click and without a login (RFC 8058)', async () => {
  const publish = await publisher('ada')
  await reader('bob', 'ada', 'instant')
  await publish('1.0.0')
  const [mail] = mailTo('bob')
  if (!mail) throw new Error('no mail came')
  const headers = headersOf(mail)
  expect(headers.get('subject')).toBe('ada/lib@1.0.0 was published')
  expect(textOf(mail)).toContain('* ada/lib@1.0.0 was published')
  const url = /^<(.+)>$/.exec(headers.get('list-unsubscribe') ?? '')?.[1] ?? ''
  expect(textOf(mail)).toContain(url)
  const path = new URL(url).pathname
  // Scanners follow links: looking changes nothing.
  const page = await registry.kernel.http.inject({ method: 'GET', url: path })
  expect([page.statusCode, page.headers['content-type'], page.headers['cache-control']]).toEqual([
    200,
    'text/html; charset=utf-8',
    'no-store',
  ])
  expect(page.body).toContain('<form method="post"')
  expect((await preferences('bob')).mailEnabled).toBe(true)
  for (const wrong of [`${path.slice(0, -1)}${path.endsWith('A') ? 'B' : 'A'}`, '/v1/unsubscribe/x', path.replace(/.{43}$/, '')])
    for (const method of ['GET', 'POST'] as const) {
      const refused = await registry.kernel.http.inject({ method, url: wrong })
      expect([refused.statusCode, refused.json().code], wrong).toEqual([400, 'notifications.unsubscribe_token_invalid'])
    }
  const click = { 'content-type': 'application/x-www-form-urlencoded' }
  const done = await registry.kernel.http.inject({ method: 'POST', url: path, headers: click, payload: 'List-Unsubscribe=One-Click' })
  expect(done.statusCode, done.body).toBe(200)
  expect((await preferences('bob')).mailEnabled).toBe(false)
  await publish('2.0.0')
  expect(mailTo('bob')).toHaveLength(1)
  // The feed goes on.
  const feed = (await registry.request('GET', '/v1/me/feed', { as: 'bob' })).json()
  expect(feed.items.map(({ subject }: { subject: string }) => subject)).toEqual(['ada/lib@2.0.0', 'ada/lib@1.0.0'])
})

test('a daily digest is one mail with everything, and what may not be read any more is left out', async () => {
  const [publish, publishHidden] = [await publisher('carl'), await publisher('dave')]
  await reader('eve', 'carl', 'daily')
  const body = { target: { kind: 'namespace', namespace: 'dave' } }
  await registry.request('POST', '/v1/subscriptions', { as: 'eve', body })
  await publish('1.0.0')
  await publishHidden('1.0.0')
  await publish('2.0.0')
  expect(mailTo('eve')).toHaveLength(0)
  await registry.request('PATCH', '/v1/namespaces/dave', { as: 'dave', body: { visibility: 'private' } })
  await registry.passTime(86_400)
  const [digest, ...more] = mailTo('eve')
  expect(more).toEqual([])
  expect(textOf(digest).match(/^\* .*/gm)).toEqual(['* carl/lib@1.0.0 was published', '* carl/lib@2.0.0 was published'])
  await registry.passTime(7 * 86_400)
  expect(mailTo('eve')).toHaveLength(1)
})

test('beyond the limit of an hour, notices wait for the next one and come in one mail', async () => {
  const publish = await publisher('fred')
  await reader('gina', 'fred', 'instant')
  for (const major of [1, 2, 3, 4, 5]) await publish(`${major}.0.0`)
  expect(mailTo('gina')).toHaveLength(3)
  await registry.passTime(3_000)
  expect(mailTo('gina')).toHaveLength(3)
  await registry.passTime(700)
  expect(mailTo('gina')).toHaveLength(4)
  expect(headersOf(mailTo('gina')[3] as ReceivedMail).get('subject')).toBe('2 notices of your registry')
})

test('an address that refuses mail for good gets no more, until it is changed or asked for', async () => {
  const publish = await publisher('hank')
  await reader('ines', 'hank', 'instant')
  let asked = 0
  server.judge((address) => {
    if (!address.startsWith('ines')) return
    asked += 1
    throw refusal(550, 'no such user')
  })
  for (const major of [1, 2, 3, 4]) await publish(`${major}.0.0`)
  expect(asked).toBe(3)
  expect((await preferences('ines')).mailBlocked).toContain('3 times in a row')
  server.judge(() => undefined)
  await publish('5.0.0')
  expect(mailTo('ines')).toHaveLength(0)
  await registry.request('PATCH', '/v1/me/notification-preferences', { as: 'ines', body: { mailEnabled: true } })
  await publish('6.0.0')
  expect(mailTo('ines').map((mail) => headersOf(mail).get('subject'))).toEqual(['hank/lib@6.0.0 was published'])
  expect((await preferences('ines')).mailBlocked).toBeNull()
})

test('mail of one user that cannot be handed in holds up nobody else', async () => {
  const publish = await publisher('lars')
  for (const user of ['mona', 'noel']) await reader(user, 'lars', 'daily')
  await publish('1.0.0')
  await registry.sql`update notification_notices set mail_due_at = mail_due_at - interval '1 minute'
    where user_id = (select id from accounts where name = 'mona')`
  let asked = 0
  server.judge((address) => {
    if (!address.startsWith('mona')) return
    asked += 1
    throw refusal(421, 'try again later')
  })
  await registry.passTime(86_400)
  server.judge(() => undefined)
  expect(asked).toBeGreaterThan(0)
  expect([mailTo('noel').length, mailTo('mona').length]).toEqual([1, 0])
  const due = await registry.sql<{ name: string }>`select a.name from notification_notices n join accounts a on a.id = n.user_id
    where n.mail_due_at is not null and a.name in ('mona', 'noel')`
  expect(due).toEqual([{ name: 'mona' }])
  await registry.sql`delete from notification_notices where mail_due_at is not null`
})

test('what may be read is not dropped with a hundred notices before it that may not', async () => {
  const publish = await publisher('olaf')
  await reader('pina', 'olaf', 'daily')
  await registry.user('shut')
  await registry.sql`insert into notification_events (id, kind, at, namespace_id, namespace, data, stage)
    select gen_random_uuid(), 'signing.publisher_key_revoked', now(), id, name, '{}', 'done' from namespaces, generate_series(1, 105) where name = 'shut'`
  await registry.sql`insert into notification_notices (id, user_id, event_id, in_feed, mail_due_at)
    select ('01900000-0000-7000-8000-' || lpad((row_number() over ())::text, 12, '0'))::uuid, (select id from accounts where name = 'pina'), id, true,
      now() + interval '1 hour' from notification_events where namespace = 'shut'`
  await publish('1.0.0')
  await registry.passTime(86_400)
  expect(mailTo('pina').map(textOf)).toEqual([expect.stringContaining('* olaf/lib@1.0.0 was published')])
  const left =
    await registry.sql`select id from notification_notices where mail_due_at is not null and user_id = (select id from accounts where name = 'pina')`
  expect(left).toEqual([])
})

test('a digest of more than a hundred notices comes in several mails, and nothing of it is dropped', async () => {
  const publish = await publisher('tess')
  await reader('ugo', 'tess', 'daily')
  await publish('1.0.0')
  await registry.sql`insert into notification_events (id, kind, at, namespace_id, namespace, artifact_id, name, format, data, stage)
    select gen_random_uuid(), 'metadata.version_published', now(), n.id, n.name, a.id, a.name, a.format, jsonb_build_object('version', '9.9.' || at), 'done'
    from namespaces n join artifacts a on a.namespace_id = n.id, generate_series(1, 230) at where n.name = 'tess'`
  await registry.sql`insert into notification_notices (id, user_id, event_id, in_feed, mail_due_at)
    select gen_random_uuid(), (select id from accounts where name = 'ugo'), id, false, now() + interval '1 hour'
    from notification_events where namespace = 'tess' and stage = 'done' and data->>'version' like '9.9.%'`
  await registry.passTime(86_400)
  const lines = mailTo('ugo').map((mail) => textOf(mail).match(/^\* .*/gm) ?? [])
  expect(lines.map(({ length }) => length)).toEqual([100, 100, 31])
  expect(new Set(lines.flat()).size).toBe(231)
  expect(headersOf(mailTo('ugo')[0] as ReceivedMail).get('subject')).toBe('100 notices of your registry')
})

test('mail that is refused for now, or finds no server, is tried again and comes once', async () => {
  const publish = await publisher('jill')
  await reader('karl', 'jill', 'instant')
  server.judge((address) => {
    if (address.startsWith('karl')) throw refusal(452, 'mailbox full')
  })
  await publish('1.0.0')
  expect(mailTo('karl')).toHaveLength(0)
  server.judge(() => undefined)
  await registry.passTime(200)
  expect(mailTo('karl')).toHaveLength(0)
  await registry.passTime(200)
  expect(mailTo('karl')).toHaveLength(1)
  const { port } = server
  await server[Symbol.asyncDispose]()
  await publish('2.0.0')
  const received = server.received.length
  server = await openMailServer(port)
  expect(received).toBeGreaterThan(0)
  registry.postOffice.kick()
  await registry.postOffice.idle()
  expect(mailTo('karl').map((mail) => headersOf(mail).get('subject'))).toEqual(['jill/lib@2.0.0 was published'])
})
