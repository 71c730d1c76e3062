import type { LightMyRequestResponse } from 'fastify'
import { expect, test } from 'vitest'
import { createTestHome } from '../../../src/shared/testing/start-test-kernel.ts'
import { type LoginDoor, openLoginDoor, password } from './login-door.ts'

interface Opened {
  readonly page: string
  readonly poll: string
  readonly code: string
}
const pathOf = (url: string): string => new URL(url).pathname

async function open(door: LoginDoor): Promise<Opened> {
  const answer = await door.call('POST /npm/-/v1/login', { body: {}, headers: { 'user-agent': 'npm/11 <b>"&' }, ip: '192.0.2.7' })
  const { loginUrl, doneUrl } = answer.json<{ loginUrl: string; doneUrl: string }>()
  return { page: pathOf(loginUrl), poll: pathOf(doneUrl), code: String(answer.headers['npm-notice']).slice(-9) }
}

const formTokenOf = (html: string): string => /name="formToken" value="([^"]+)"/.exec(html)?.[1] ?? ''

interface Submitted {
  readonly door: LoginDoor
  readonly fields?: Record<string, string>
  readonly headers?: Record<string, string>
}

async function send({ page }: Opened, { door, fields = {}, headers = {} }: Submitted): Promise<LightMyRequestResponse> {
  const formToken = formTokenOf((await door.call(`GET ${page}`)).body)
  const form = new URLSearchParams({ formToken, username: 'mia', password, otp: '', ...fields })
  return door.call(`POST ${page}`, {
    body: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin', ...headers },
  })
}
const submit = (door: LoginDoor, opened: Opened, fields: Record<string, string> = {}) => send(opened, { door, fields })

test('a login in the browser gives the token to one poll, and to one only', async () => {
  await using door = await openLoginDoor()
  await door.token('mia')
  const opened = await open(door)
  const waiting = await door.call(`GET ${opened.poll}`)
  expect([waiting.statusCode, waiting.headers['retry-after'], waiting.headers['cache-control']]).toEqual([202, '1', 'no-store'])
  const shown = await submit(door, opened)
  expect([shown.statusCode, shown.body.includes('may close this page')]).toEqual([200, true])
  const polls = await Promise.all(Array.from({ length: 4 }, () => door.call(`GET ${opened.poll}`)))
  expect(polls.map(({ statusCode }) => statusCode).sort()).toEqual([200, 404, 404, 404])
  const token = polls.find(({ statusCode }) => statusCode === 200)?.json<{ token: string }>().token ?? ''
  expect((await door.call('GET /npm/-/whoami', { as: token })).json()).toEqual({ username: 'mia' })
  expect((await door.call(`GET ${opened.poll}`)).statusCode).toBe(404)
  expect((await submit(door, opened)).statusCode).toBe(404)
  expect(await door.audited()).toEqual(expect.arrayContaining(['login.succeeded', 'token.created']))
})

test('yarn sends null, pnpm nothing; who wants a new user is sent to the terminal', async () => {
  await using door = await openLoginDoor()
  for (const body of ['null', '{}', undefined]) expect((await door.call('POST /-/v1/login', { body })).statusCode).toBe(200)
  const created = await door.call('POST /npm/-/v1/login', { body: { create: true } })
  expect([created.statusCode, created.json<{ code: string }>().code]).toEqual([404, 'npm.web_registration_missing'])
  expect((await door.call('POST /npm/-/v1/login', { body: {}, as: 'gati_over' })).statusCode).toBe(200)
})

test('the page shows who asks and the code of the terminal, escaped, and lets nothing else in', async () => {
  await using door = await openLoginDoor()
  const opened = await open(door)
  const { statusCode, body, headers } = await door.call(`GET ${opened.page}`)
  expect(statusCode).toBe(200)
  expect(opened.code).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}$/)
  for (const text of [opened.code, '192.0.2.7', 'npm/11 &lt;b&gt;&quot;&amp;', '<html lang="en">', '<label for="password">'])
    expect(body).toContain(text)
  expect(body).not.toMatch(/<script|<b>|https?:\/\//)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  const policy = String(headers['content-security-policy'])
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'/)
  expect([headers['referrer-policy'], headers['cache-control'], headers['x-content-type-options']]).toEqual([
    'no-referrer',
    'no-store',
    'nosniff',
  ])
  const evil = await submit(door, opened, { username: '"><script>alert(1)</script>', password: 'wrong' })
  expect(evil.body).not.toContain('<script>')
  expect(evil.body).toContain('&lt;script&gt;')
})

test('what goes wrong is said on the page, without the password, and the login stays open', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const opened = await open(door)
  const wrong = await submit(door, opened, { password: 'not the password' })
  expect([wrong.statusCode, wrong.headers['www-authenticate']]).toEqual([401, 'Form'])
  expect(wrong.body).toContain('role="alert"')
  expect(wrong.body).not.toContain('not the password')
  expect((await submit(door, opened, { username: '', password: '' })).statusCode).toBe(401)
  // A token is not the user's whole self.
  expect((await submit(door, opened, { password: as })).statusCode).toBe(401)
  const { fresh } = await door.enroll(as)
  const asked = await submit(door, opened)
  expect([asked.statusCode, asked.body.includes('one-time password')]).toEqual([401, true])
  expect((await submit(door, opened, { otp: '000000' })).statusCode).toBe(401)
  expect((await door.call(`GET ${opened.poll}`)).statusCode).toBe(202)
  expect((await submit(door, opened, { otp: await fresh() })).statusCode).toBe(200)
  expect((await door.call(`GET ${opened.poll}`)).statusCode).toBe(200)
})

test('D-20 ten wrong passwords on the page are 429 with Retry-After', async () => {
  await using door = await openLoginDoor()
  const opened = await open(door)
  for (let tries = 0; tries < 10; tries += 1) expect((await submit(door, opened, { password: 'wrong' })).statusCode).toBe(401)
  const blocked = await submit(door, opened)
  expect([blocked.statusCode, Number(blocked.headers['retry-after']) > 0]).toEqual([429, true])
})

test('a form from another site, or without the token of the page, is refused', async () => {
  await using door = await openLoginDoor()
  await door.token('mia')
  const opened = await open(door)
  const refused: Record<string, string>[] = [
    ...[{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'none' }],
    { 'sec-fetch-site': 'cross-site', origin: 'null' },
  ]
  for (const headers of refused) {
    const answer = await send(opened, { door, headers })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'npm.cross_site'])
  }
  const formToken = formTokenOf((await door.call(`GET ${opened.page}`)).body)
  const post = (headers: Record<string, string>, token = formToken) =>
    door.call(`POST ${opened.page}`, {
      body: new URLSearchParams({ formToken: token, username: 'mia', password }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    })
  expect((await post({ origin: 'https://evil.example' })).statusCode).toBe(403)
  expect((await post({ origin: 'nonsense' })).statusCode).toBe(403)
  for (const token of ['', 'x', 'x'.repeat(formToken.length), formToken.replace(/^./, 'ä')])
    expect((await post({ 'sec-fetch-site': 'same-origin' }, token)).statusCode).toBe(403)
  expect((await door.call(`POST ${opened.page}`, { body: { formToken, username: 'mia', password } })).statusCode).toBe(400)
  expect((await door.call(`GET ${opened.poll}`)).statusCode).toBe(202)
  // An old browser, over plain http.
  expect((await post({ origin: 'http://localhost', host: 'localhost' })).statusCode).toBe(200)
})

test('ten minutes later the login is over, for the page and for the poll', async () => {
  await using door = await openLoginDoor()
  await door.token('mia')
  const [late, approved] = [await open(door), await open(door)]
  expect((await submit(door, approved)).statusCode).toBe(200)
  await door.sql`update web_logins set expires_at = now() - interval '1 second'`
  const page = await door.call(`GET ${late.page}`)
  expect([page.statusCode, page.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
  expect((await submit(door, late)).statusCode).toBe(404)
  for (const { poll } of [late, approved]) expect((await door.call(`GET ${poll}`)).statusCode).toBe(404)
  await open(door)
  expect(await door.sql`select * from web_logins`).toHaveLength(1)
})

test('a user that is disabled, or has a new password by now, gets no token', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const admin = await door.token('admin')
  const [first, second] = [await open(door), await open(door)]
  for (const opened of [first, second]) expect((await submit(door, opened)).statusCode).toBe(200)
  await door.call('PATCH /v1/users/me', { as, body: { password: 'another password', currentPassword: password } })
  expect((await door.call(`GET ${first.poll}`)).statusCode).toBe(404)
  await door.sql`update web_logins set credentials_version = 2`
  const disabled = await door.call('PATCH /v1/users/mia', { as: admin, body: { disabled: true } })
  expect(disabled.statusCode).toBe(200)
  expect((await door.call(`GET ${second.poll}`)).statusCode).toBe(404)
})

test('the ids are secrets: neither tells the other, none is stored or logged, and another process knows them', async () => {
  await using home = await createTestHome()
  await using door = await openLoginDoor({ home })
  await using other = await openLoginDoor({ home })
  await door.token('mia')
  const opened = await open(door)
  const [loginId, pollId] = [opened.page, opened.poll].map((path) => path.split('/').at(-1) ?? '')
  expect(loginId).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect(pollId).toMatch(/^[A-Za-z0-9_-]{43}$/)
  expect((await submit(other, opened)).statusCode).toBe(200)
  expect((await door.call(`GET /npm/-/v1/login/done/${loginId}`)).statusCode).toBe(404)
  const polled = await door.call(`GET ${opened.poll}`)
  expect(polled.statusCode).toBe(200)
  for (const id of ['x', '%00', `${pollId}x`, '..%2f..'])
    expect((await door.call(`GET /npm/-/v1/login/done/${id}`)).statusCode).toBeLessThan(500)
  const kept = JSON.stringify([
    door.kernel.log.lines,
    other.kernel.log.lines,
    await door.sql`select * from web_logins`,
    await door.sql`select * from audit_log`,
  ])
  for (const secret of [loginId ?? '', pollId ?? '', polled.json<{ token: string }>().token]) expect(kept).not.toContain(secret)
  expect(kept).toContain('/npm/-/v1/login/done/[redacted]')
})
