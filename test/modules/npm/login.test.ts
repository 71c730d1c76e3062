import { expect, test } from 'vitest'
import { basic, openLoginDoor, password } from './login-door.ts'

test('a login with name and password gives a token that works, and a new name becomes a user', async () => {
  await using door = await openLoginDoor()
  const made = await door.couch('mia', { email: 'mia@example.org', type: 'user', roles: [], date: new Date().toISOString() })
  expect([made.statusCode, made.headers['cache-control']]).toEqual([201, 'no-store'])
  expect(made.json()).toMatchObject({
    ok: true,
    id: 'org.couchdb.user:mia',
    rev: expect.stringMatching(/^1-/),
    token: expect.stringMatching(/^gati_/),
  })
  const again = await door.couch('mia')
  expect(again.statusCode).toBe(201)
  const { token } = again.json<{ token: string }>()
  expect((await door.call('GET /npm/-/whoami', { as: token })).json()).toEqual({ username: 'mia' })
  expect((await door.call('GET /npm/-/whoami')).statusCode).toBe(401)
  const [row] = await door.sql<{ days: number; scopes: string[]; name: string }>`
    select extract(day from expires_at - now())::integer as days, scopes, name from tokens order by id desc limit 1`
  expect(row).toMatchObject({ days: 89, scopes: ['read', 'publish', 'admin'], name: expect.stringMatching(/^npm login \d{4}-\d\d-\d\d$/) })
  expect(await door.audited()).toEqual(expect.arrayContaining(['user.created', 'token.created']))
})

test('the variant with a revision logs in as well, whatever credential comes along', async () => {
  await using door = await openLoginDoor()
  await door.token('mia')
  const body = { _id: 'org.couchdb.user:mia', name: 'mia', password }
  for (const as of [basic('mia'), 'Bearer gati_over', basic('mia', 'wrong')]) {
    const answer = await door.call('PUT /npm/-/user/org.couchdb.user:mia/-rev/1-abc', { as, body })
    expect(answer.statusCode).toBe(201)
  }
})

test('a wrong password is 401, a wrong form 400, and ten failures are 429', async () => {
  await using door = await openLoginDoor()
  await door.token('mia')
  expect((await door.couch('mia', { password: 'wrong' })).statusCode).toBe(401)
  const made = await door.call('POST /v1/users', { body: { username: 'ben', password, email: 'ben@example.org' } })
  expect(made.statusCode).toBe(201)
  for (const more of [{ password: 7 }, { password: '' }, { name: 'other' }, { name: ['mia'] }, { email: 'no address' }, { email: {} }])
    expect((await door.couch('mia', more)).statusCode, JSON.stringify(more)).toBe(400)
  expect((await door.call('PUT /npm/-/user/org.couchdb.user:mia', { body: '[]' })).statusCode).toBe(400)
  expect((await door.couch('new', { password: 'short' })).json()).toMatchObject({ code: 'auth.password_too_short' })
  expect((await door.couch('Not--Good')).json()).toMatchObject({ code: 'auth.name_invalid' })
  const answers = []
  for (let tries = 0; tries < 10; tries += 1) answers.push((await door.couch('mia', { password: 'wrong' })).statusCode)
  expect(answers.at(-1)).toBe(429)
  // Its password was never shown, so that no proof of it is remembered.
  const blocked = await door.couch('ben')
  expect([blocked.statusCode, Number(blocked.headers['retry-after']) > 0]).toEqual([429, true])
})

test('where registration is closed, an unknown name is a wrong login, and a registration is refused with the reason', async () => {
  await using door = await openLoginDoor({ settings: { registration: 'closed' } })
  expect((await door.couch('admin')).statusCode).toBe(201)
  expect((await door.couch('mia')).statusCode).toBe(401)
  const refused = await door.couch('mia', { email: 'mia@example.org' })
  expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([403, 'auth.registration_closed'])
})

test('the first login of all may be the one of the administrator, with registration open', async () => {
  await using door = await openLoginDoor()
  expect((await door.couch('admin')).statusCode).toBe(201)
})

test('a mail address is shown to its owner and to administrators only', async () => {
  await using door = await openLoginDoor()
  const mia = (await door.couch('mia', { email: 'mia@example.org' })).json<{ token: string }>().token
  const [ben, admin] = [await door.token('ben'), await door.token('admin')]
  const url = 'GET /npm/-/user/org.couchdb.user:mia'
  const shown = { _id: 'org.couchdb.user:mia', name: 'mia' }
  expect((await door.call(url, { as: mia })).json()).toEqual({ ...shown, email: 'mia@example.org' })
  expect((await door.call(`${url}?write=true`, { as: admin })).json()).toEqual({ ...shown, email: 'mia@example.org' })
  expect((await door.call(url, { as: ben })).json()).toEqual(shown)
  expect((await door.call('GET /npm/-/user/org.couchdb.user%3Amia', { as: ben })).json()).toEqual(shown)
  expect((await door.call(url)).statusCode).toBe(401)
  for (const name of ['org.couchdb.user:nobody', 'org.couchdb.user:', 'mia', 'org.couchdb.user:MIA'])
    expect((await door.call(`GET /npm/-/user/${name}`, { as: ben })).statusCode).toBe(404)
})

test('D-21 a logout ends the token at once and twice, and no log line holds it', async () => {
  await using door = await openLoginDoor()
  const token = await door.token('mia')
  const other = await door.token('mia')
  const logOut = () => door.call(`DELETE /npm/-/user/token/${token}`, { as: token })
  for (const ended of [...(await Promise.all([logOut(), logOut(), logOut()])), await logOut()])
    expect([ended.statusCode, ended.json()]).toEqual([200, { ok: true }])
  expect((await door.call('GET /npm/-/whoami', { as: token })).statusCode).toBe(401)
  expect((await door.call('GET /npm/-/whoami', { as: other })).statusCode).toBe(200)
  expect((await door.call('DELETE /npm/-/user/token/gati_no-such-token')).statusCode).toBe(200)
  const lines = JSON.stringify(door.kernel.log.lines)
  expect(lines).not.toContain(token)
  expect(lines).toContain('/npm/-/user/token/[redacted]')
  expect(await door.audited()).toContain('token.revoked')
})

test('ping answers everybody', async () => {
  await using door = await openLoginDoor()
  const answer = await door.call('GET /-/ping?write=true')
  expect([answer.statusCode, answer.json()]).toEqual([200, {}])
})

test('tokens are listed by page with their beginning only, and revoked by key or by themselves', async () => {
  await using door = await openLoginDoor()
  const mine = await door.token('mia')
  const second = await door.token('mia')
  const first = await door.call('GET /npm/-/npm/v1/tokens?perPage=1', { as: mine })
  const page = first.json<{ objects: { key: string; token: string }[]; urls: { next: string } }>()
  expect(page.objects).toHaveLength(1)
  expect(page.objects[0]).toMatchObject({ token: second.slice(0, 9), readonly: false, cidr_whitelist: null, bypass_2fa: false })
  const rest = await door.call(`GET /npm${page.urls.next}`, { as: mine })
  expect(rest.json()).toMatchObject({ objects: [{ token: mine.slice(0, 9) }], urls: {} })
  expect(first.body + rest.body).not.toContain(mine)

  expect((await door.call(`DELETE /npm/-/npm/v1/tokens/token/${page.objects[0]?.key}`, { as: mine })).statusCode).toBe(200)
  expect((await door.call('GET /npm/-/whoami', { as: second })).statusCode).toBe(401)
  expect((await door.call(`DELETE /npm/-/npm/v1/tokens/token/${page.objects[0]?.key}`, { as: mine })).statusCode).toBe(404)
  expect((await door.call('DELETE /npm/-/npm/v1/tokens/token/nonsense', { as: mine })).statusCode).toBe(404)
  const ben = await door.token('ben')
  const key = rest.json<{ objects: { key: string }[] }>().objects[0]?.key
  expect((await door.call(`DELETE /npm/-/npm/v1/tokens/token/${key}`, { as: ben })).statusCode).toBe(404)
  expect((await door.call(`DELETE /npm/-/npm/v1/tokens/token/${mine}`, { as: mine })).statusCode).toBe(200)
  expect((await door.call('GET /npm/-/whoami', { as: mine })).statusCode).toBe(401)
  expect(JSON.stringify(door.kernel.log.lines)).not.toContain(mine)
})

test('D-21 a new token takes the password and is good for what was asked, or is refused with the reason', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const create = (body: object) => door.call('POST /npm/-/npm/v1/tokens', { as, body: { password, ...body } })
  const created = await create({
    name: 'ci',
    packages: ['@mia/widget', 'left-pad'],
    packages_and_scopes_permission: 'read-write',
    expires: 7,
  })
  expect(created.statusCode).toBe(201)
  expect(created.json()).toMatchObject({
    ...{ name: 'ci', readonly: false, packages: ['@mia/widget', 'left-pad'], scopes: null, permissions: ['publish'] },
    token: expect.stringMatching(/^gati_/),
  })
  const views: [object, object][] = [
    [{ readonly: true }, { readonly: true, permissions: ['read'] }],
    [{}, { readonly: false, permissions: ['admin'] }],
    [{ scopes: ['@mia'] }, { readonly: true, scopes: ['@mia'] }],
    [
      { packages_all: true, packages_and_scopes_permission: 'read-write' },
      { permissions: ['publish'], packages: null },
    ],
    [
      { orgs: ['acme'], orgs_permission: 'read-write' },
      { permissions: ['admin'], scopes: ['@acme'] },
    ],
  ]
  for (const [asked, got] of views) expect((await create(asked)).json(), JSON.stringify(asked)).toMatchObject(got)
  const refused = [
    { packages: ['left-pad'], scopes: ['@mia'] },
    { packages: ['left-pad'], orgs: ['acme'] },
    { packages_all: true, packages_and_scopes_permission: 'read-write-stage-only' },
    { packages_all: true, packages_and_scopes_permission: 'no-access' },
    ...[
      { packages: ['@mia'] },
      { scopes: ['@No'] },
      { cidr_whitelist: ['300.0.0.0/8'] },
      { expires: 0 },
      { expires: '7' },
      { readonly: 'no' },
    ],
  ]
  for (const asked of refused) expect((await create(asked)).statusCode, JSON.stringify(asked)).toBe(400)
  expect((await create({ password: 'wrong' })).statusCode).toBe(403)
  expect((await door.call('POST /npm/-/npm/v1/tokens', { as, body: {} })).statusCode).toBe(400)
  const limited = (await create({ readonly: true })).json<{ token: string }>().token
  expect((await door.call('POST /npm/-/npm/v1/tokens', { as: limited, body: { password } })).statusCode).toBe(403)
})

test('a token for some addresses is refused from others, and so is what it creates', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const cidr_whitelist = ['192.0.2.0/24', '2001:db8::/32']
  const { token, cidr_whitelist: shown } = (await door.call('POST /npm/-/npm/v1/tokens', { as, body: { password, cidr_whitelist } })).json()
  expect(shown).toEqual(cidr_whitelist)
  const from = (ip: string) => door.call('GET /npm/-/whoami', { as: token, ip })
  expect((await from('192.0.2.77')).statusCode).toBe(200)
  expect((await from('2001:db8::7')).statusCode).toBe(200)
  const refused = await from('198.51.100.1')
  expect([refused.statusCode, refused.headers['www-authenticate']]).toEqual([401, 'ipaddress'])
  const child = (await door.call('POST /npm/-/npm/v1/tokens', { as: token, ip: '192.0.2.1', body: { password } })).json<{ token: string }>()
  expect((await door.call('GET /npm/-/whoami', { as: child.token, ip: '198.51.100.1' })).statusCode).toBe(401)
  const wider = { password, cidr_whitelist: ['0.0.0.0/0'] }
  expect((await door.call('POST /npm/-/npm/v1/tokens', { as: token, ip: '192.0.2.1', body: wider })).statusCode).toBe(403)
  // A token in the place of the password stays that token.
  const asPassword = await door.couch('mia', { password: token }, { ip: '192.0.2.1' })
  expect(asPassword.json()).toMatchObject({ token })
})

test('the profile is shown and changed as npm does it', async () => {
  await using door = await openLoginDoor()
  const as = (await door.couch('mia', { email: 'mia@example.org' })).json<{ token: string }>().token
  const url = '/npm/-/npm/v1/user'
  expect((await door.call(`GET ${url}`, { as })).json()).toMatchObject({
    ...{ name: 'mia', email: 'mia@example.org', email_verified: false, fullname: 'mia', tfa: null },
  })
  const sent = { email: 'mia@example.org', fullname: 'Mia M', homepage: null, freenode: null, twitter: null, github: null }
  expect((await door.call(`POST ${url}`, { as, body: sent })).json()).toMatchObject({ fullname: 'Mia M' })
  expect((await door.call(`POST ${url}`, { as, body: { homepage: 'https://example.org' } })).json()).toMatchObject({
    code: 'npm.profile_key_unsupported',
  })
  for (const body of [
    { email: 7 },
    { fullname: ['x'] },
    { password: 'new' },
    { tfa: 'yes' },
    { tfa: [] },
    { tfa: { mode: 'all', password } },
  ])
    expect((await door.call(`POST ${url}`, { as, body })).statusCode, JSON.stringify(body)).toBe(400)
  expect((await door.call(`POST ${url}`, { as, body: { password: { old: 'wrong', new: 'a new password' } } })).statusCode).toBe(403)
  expect((await door.call(`POST ${url}`, { as, body: { password: { old: password, new: 'a new password' } } })).statusCode).toBe(200)
  expect((await door.couch('mia')).statusCode).toBe(401)
  expect((await door.couch('mia', { password: 'a new password' })).statusCode).toBe(201)
})
