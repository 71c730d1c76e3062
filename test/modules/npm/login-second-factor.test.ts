import { expect, test } from 'vitest'
import { basic, codesOf, openLoginDoor, password } from './login-door.ts'

const user = '/npm/-/npm/v1/user'
const write = 'PUT /npm/-/probe'

test('a second factor is enrolled, confirmed once, shown without its secret, changed and taken away', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  expect((await door.call(`POST ${user}`, { as, body: { tfa: ['123456'] } })).json()).toMatchObject({ code: 'auth.second_factor_missing' })
  expect((await door.call(`POST ${user}`, { as, body: { tfa: { password: 'wrong', mode: 'auth-only' } } })).statusCode).toBe(403)
  const pending = (await door.call(`POST ${user}`, { as, body: { tfa: { password, mode: 'auth-only' } } })).json<{ tfa: string }>().tfa
  expect(pending).toMatch(/^otpauth:\/\/totp\//)
  expect((await door.call(`GET ${user}`, { as })).json()).toMatchObject({ tfa: { mode: 'auth-only', pending: true } })
  expect((await door.couch('mia')).statusCode).toBe(201)

  const { uri, recovery, fresh } = await door.enroll(as, 'auth-only')
  expect(uri).not.toBe(pending)
  expect(new Set(recovery).size).toBe(10)
  const shown = await door.call(`GET ${user}`, { as })
  expect(shown.json()).toMatchObject({ tfa: { mode: 'auth-only', pending: false } })
  expect(shown.body).not.toContain('otpauth')

  const change = { tfa: { password, mode: 'auth-and-writes' } }
  expect((await door.call(`POST ${user}`, { as, body: change })).headers['www-authenticate']).toBe('OTP')
  const changed = await door.call(`POST ${user}`, { as, body: change, otp: await fresh() })
  expect(changed.json()).toEqual({ tfa: { mode: 'auth-and-writes', pending: false } })
  const off = { tfa: { password, mode: 'disable' } }
  expect((await door.call(`POST ${user}`, { as, body: off })).statusCode).toBe(401)
  expect((await door.call(`POST ${user}`, { as, body: off, otp: await fresh() })).json()).toEqual({ tfa: null })
  expect((await door.couch('mia')).statusCode).toBe(201)
  expect(await door.audited()).toEqual(
    expect.arrayContaining(['second_factor.enrolled', 'second_factor.enabled', 'second_factor.mode_changed', 'second_factor.disabled']),
  )
  const secret = new URL(uri).searchParams.get('secret') ?? 'none'
  const kept = JSON.stringify([door.kernel.log.lines, await door.sql`select * from audit_log`])
  for (const text of [secret, ...recovery]) expect(kept).not.toContain(text)
})

test('auth-and-writes asks for a code at every change; a code is good once, and an older one never again', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  expect((await door.call(write, { as })).statusCode).toBe(200)
  const { codes } = await door.enroll(as)
  const asked = await door.call(write, { as })
  expect([asked.statusCode, asked.headers['www-authenticate'], asked.json<{ error: string }>().error]).toEqual([
    ...[401, 'OTP'],
    expect.stringContaining('one-time pass'),
  ])
  // The one that confirmed it is used up.
  expect((await door.call(write, { as, otp: codes(-1) })).statusCode).toBe(401)
  const now = codes(0)
  expect((await door.call(write, { as, otp: ` ${now} ` })).statusCode).toBe(200)
  const replayed = await door.call(write, { as, otp: now })
  expect([replayed.statusCode, replayed.headers['www-authenticate'], replayed.json<{ code: string }>().code]).toEqual([
    ...[401, 'OTP', 'auth.otp_invalid'],
  ])
  expect((await door.call(write, { as, otp: codes(1) })).statusCode).toBe(200)
  expect((await door.call(write, { as, otp: codes(0) })).statusCode).toBe(401)
})

test('of many requests with one code at once, one passes', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const { fresh } = await door.enroll(as)
  const otp = await fresh()
  const answers = await Promise.all(Array.from({ length: 5 }, () => door.call(write, { as, otp })))
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
})

test('D-20 five wrong codes in five minutes are the end of trying, also for a right one', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const { fresh } = await door.enroll(as)
  for (const otp of ['000000', 'abcdef', '1', 'aaaa-bbbb-cccc-dddd', '000000 ']) {
    const status = (await door.call(write, { as, otp })).statusCode
    expect(status, otp).toBe(401)
  }
  const blocked = await door.call(write, { as, otp: await fresh() })
  expect([blocked.statusCode, Number(blocked.headers['retry-after']) > 200]).toEqual([429, true])
  await door.sql`update second_factors set failing_since = now() - interval '6 minutes'`
  expect((await door.call(write, { as, otp: await fresh() })).statusCode).toBe(200)
})

test('a recovery code works once in the place of a code', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const { recovery } = await door.enroll(as)
  const [code = ''] = recovery
  expect((await door.call(write, { as, otp: code.toUpperCase().replaceAll('-', ' ') })).statusCode).toBe(200)
  expect((await door.call(write, { as, otp: code })).statusCode).toBe(401)
  const [left] = await door.sql<{ count: number }>`select count(*)::integer as count from recovery_codes`
  expect(left).toEqual({ count: 9 })
  expect(await door.audited()).toContain('second_factor.recovery_code_used')
})

test('auth-only lets changes pass, and guards logins, the password anywhere, tokens and the profile', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const { fresh } = await door.enroll(as, 'auth-only')
  expect((await door.call(write, { as })).statusCode).toBe(200)
  const asked = await door.couch('mia')
  expect([asked.statusCode, asked.headers['www-authenticate']]).toEqual([401, 'OTP'])
  expect((await door.couch('mia', {}, { otp: await fresh() })).statusCode).toBe(201)
  expect((await door.couch('mia', { password: 'wrong' }, { otp: await fresh() })).json()).toMatchObject({
    code: 'auth.invalid_credentials',
  })

  expect((await door.call('GET /npm/-/whoami', { as: basic('mia') })).statusCode).toBe(401)
  expect((await door.call('GET /npm/-/whoami', { as: basic('mia'), otp: await fresh() })).statusCode).toBe(200)
  expect((await door.call('GET /npm/-/whoami', { as: basic('mia', as) })).statusCode).toBe(200)
  const rest = { username: 'mia', password }
  expect((await door.call('POST /v1/auth/login', { body: rest })).json()).toMatchObject({ code: 'auth.otp_required' })
  expect((await door.call('POST /v1/auth/login', { body: { ...rest, otp: await fresh() } })).statusCode).toBe(200)
  expect((await door.call('POST /v1/tokens', { as, body: { name: 'x', scopes: ['read'] } })).statusCode).toBe(401)
  expect((await door.call('PATCH /v1/users/me', { as, body: { displayName: 'x' } })).statusCode).toBe(401)

  const create = (otp?: string) => door.call('POST /npm/-/npm/v1/tokens', { as, body: { password }, ...(otp && { otp }) })
  expect((await create()).headers['www-authenticate']).toBe('OTP')
  expect((await create(await fresh())).statusCode).toBe(201)
  // One code serves one request, however often it is asked for in it.
  expect((await door.call('POST /npm/-/npm/v1/tokens', { as: basic('mia'), body: { password }, otp: await fresh() })).statusCode).toBe(201)
  expect((await door.call(`POST ${user}`, { as, body: { fullname: 'x' } })).statusCode).toBe(401)
  expect((await door.call(`POST ${user}`, { as, body: { fullname: 'x' }, otp: await fresh() })).statusCode).toBe(200)
})

test('a token made to bypass the second factor publishes without it, and makes no other token', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const { fresh } = await door.enroll(as)
  const body = { password, name: 'ci', bypass_2fa: true }
  const made = (await door.call('POST /npm/-/npm/v1/tokens', { as, body, otp: await fresh() })).json<{
    token: string
    bypass_2fa: boolean
  }>()
  expect(made.bypass_2fa).toBe(true)
  expect((await door.call(write, { as: made.token })).statusCode).toBe(200)
  expect((await door.call('POST /npm/-/npm/v1/tokens', { as: made.token, body: { password } })).statusCode).toBe(401)
})

test('an administrator takes the second factor from a user that has lost it; nobody else does', async () => {
  await using door = await openLoginDoor()
  const [mia, admin] = [await door.token('mia'), await door.token('admin')]
  await door.enroll(mia)
  const reset = (name: string, as: string) => door.call(`DELETE /v1/users/${name}/second-factor`, { as })
  expect((await reset('mia', mia)).statusCode).toBe(401)
  expect((await reset('mia', await door.token('ben'))).statusCode).toBe(403)
  expect((await reset('nobody', admin)).statusCode).toBe(404)
  for (let times = 0; times < 2; times += 1) expect((await reset('mia', admin)).statusCode).toBe(204)
  expect((await door.call(write, { as: mia })).statusCode).toBe(200)
  expect((await door.audited()).filter((action) => action === 'second_factor.reset')).toHaveLength(1)
})

test('the second factor of one user says nothing about another one', async () => {
  await using door = await openLoginDoor()
  const [mia, ben] = [await door.token('mia'), await door.token('ben')]
  const { fresh } = await door.enroll(mia)
  await door.enroll(ben)
  expect((await door.call(write, { as: ben, otp: await fresh() })).statusCode).toBe(401)
})

test('a code of RFC 6238 is taken one step before and after its time, not two', async () => {
  await using door = await openLoginDoor()
  const as = await door.token('mia')
  const { uri } = await door.enroll(as)
  const codes = codesOf(uri)
  await door.sql`update second_factors set last_step = 0`
  expect((await door.call(write, { as, otp: codes(-3) })).statusCode).toBe(401)
  expect((await door.call(write, { as, otp: codes(3) })).statusCode).toBe(401)
  expect((await door.call(write, { as, otp: codes(0) })).statusCode).toBe(200)
})
