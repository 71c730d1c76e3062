import { expect, test } from 'vitest'
import { Sessions } from '../../../src/modules/auth/sessions.service.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { actions, basic, bearer, call, createToken, login, password, register, startAuth } from './support.ts'

const whoami = async (kernel: Awaited<ReturnType<typeof startAuth>>, as: string) =>
  (await call(kernel, 'GET /v1/auth/whoami', { as })).statusCode

test('a login answers with an access token of at most 15 minutes and a refresh token', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const answer = await call(kernel, 'POST /v1/auth/login', { body: { username: 'ann', password } })
  expect(answer.json()).toEqual({
    accessToken: expect.stringMatching(/^ey/),
    tokenType: 'Bearer',
    expiresAt: expect.any(String),
    refreshToken: expect.stringMatching(/^gatr_/),
    scopes: ['read', 'publish', 'admin'],
  })
  expect(Date.parse(answer.json().expiresAt) - Date.now()).toBeLessThanOrEqual(900_000)
  const shown = await call(kernel, 'GET /v1/auth/whoami', { as: bearer(answer.json().accessToken) })
  expect(shown.json()).toEqual({ id: expect.any(String), username: 'ann', isAdmin: false, scopes: ['read', 'publish', 'admin'] })
})

test('a wrong password, an unknown user and a malformed header are told apart by nobody', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const answers = [
    await call(kernel, 'POST /v1/auth/login', { body: { username: 'ann', password: 'wrong' } }),
    await call(kernel, 'POST /v1/auth/login', { body: { username: 'nobody', password: 'wrong' } }),
    await call(kernel, 'GET /v1/auth/whoami', { as: basic('ann', 'wrong') }),
    await call(kernel, 'GET /v1/auth/whoami', { as: basic('nobody', 'wrong') }),
    await call(kernel, 'GET /v1/auth/whoami', { as: 'Basic !!!' }),
    await call(kernel, 'GET /v1/auth/whoami', { as: 'Digest abc' }),
    await call(kernel, 'GET /v1/auth/whoami', { as: 'Bearer not-a-token' }),
    await call(kernel, 'GET /v1/auth/whoami', { as: `Basic ${Buffer.from('no colon').toString('base64')}` }),
    await call(kernel, 'GET /v1/auth/whoami', { as: basic('a\u0000b', 'wrong') }),
  ]
  for (const answer of answers) {
    expect(answer.statusCode).toBe(401)
    expect(answer.json()).toMatchObject({ code: 'auth.invalid_credentials', message: 'the credentials are not valid' })
  }
})

test('refreshing rotates the token, and a second use of an old one ends the whole session', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const first = await login(kernel, 'ann')
  const refresh = (refreshToken: string) => call(kernel, 'POST /v1/auth/refresh', { body: { refreshToken } })
  const second = (await refresh(first.refreshToken)).json()
  expect(second.refreshToken).not.toBe(first.refreshToken)
  expect(await whoami(kernel, bearer(second.accessToken))).toBe(200)
  const replayed = await refresh(first.refreshToken)
  expect(replayed.statusCode).toBe(401)
  expect(replayed.json()).toMatchObject({ code: 'auth.invalid_credentials' })
  expect((await refresh(second.refreshToken)).statusCode).toBe(401)
  for (const { accessToken } of [first, second]) expect(await whoami(kernel, bearer(accessToken))).toBe(401)
  expect(await actions(kernel)).toContain('session.reuse_detected')
})

test('of two concurrent refreshes with one token at most one wins', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const { refreshToken } = await login(kernel, 'ann')
  const answers = await Promise.all([1, 2, 3, 4].map(() => call(kernel, 'POST /v1/auth/refresh', { body: { refreshToken } })))
  expect(answers.filter(({ statusCode }) => statusCode === 200)).toHaveLength(1)
  expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(3)
})

test('a refresh token opens no door, and an API token refreshes nothing', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const { refreshToken } = await login(kernel, 'ann')
  expect(await whoami(kernel, bearer(refreshToken))).toBe(401)
  const { token } = await createToken(kernel, ann)
  expect((await call(kernel, 'POST /v1/auth/refresh', { body: { refreshToken: token } })).statusCode).toBe(401)
})

test('logging out ends the session at once, and takes a session', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const { accessToken, refreshToken } = await login(kernel, 'ann')
  const other = await login(kernel, 'ann')
  expect((await call(kernel, 'POST /v1/auth/logout', { as: bearer(accessToken) })).statusCode).toBe(204)
  expect(await whoami(kernel, bearer(accessToken))).toBe(401)
  expect((await call(kernel, 'POST /v1/auth/refresh', { body: { refreshToken } })).statusCode).toBe(401)
  expect(await whoami(kernel, bearer(other.accessToken))).toBe(200)
  expect((await call(kernel, 'POST /v1/auth/logout', { as: ann })).json()).toMatchObject({ code: 'auth.not_a_session' })
})

test('D-20 ten wrong logins for one user answer 429 with Retry-After, for Basic as well', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const attempt = (index: number) =>
    call(kernel, 'POST /v1/auth/login', { body: { username: 'ann', password: 'wrong' }, ip: `192.0.2.${index}` })
  for (let index = 0; index < 10; index++) expect((await attempt(index)).statusCode).toBe(401)
  for (const refused of [
    await attempt(11),
    await call(kernel, 'GET /v1/auth/whoami', { as: basic('ann', `${password}x`), ip: '192.0.2.12' }),
  ]) {
    expect(refused.statusCode).toBe(429)
    expect(refused.json()).toMatchObject({ code: 'auth.too_many_attempts' })
  }
})

test('D-20 ten wrong logins from one address close it for every name, and no other address', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  for (let index = 0; index < 10; index++)
    expect((await call(kernel, 'GET /v1/auth/whoami', { as: basic(`user-${index}`, 'wrong'), ip: '192.0.2.1' })).statusCode).toBe(401)
  const body = { username: 'ann', password }
  expect((await call(kernel, 'POST /v1/auth/login', { body, ip: '192.0.2.1' })).statusCode).toBe(429)
  expect((await call(kernel, 'POST /v1/auth/login', { body, ip: '192.0.2.2' })).statusCode).toBe(200)
})

test('a password hash of an older cost is renewed at the next login', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  await using dearer = await startAuth({ home: kernel.home, settings: { passwordPasses: 2 } })
  await login(dearer, 'ann')
  const [row] = await dearer.resolve(Database).sql<{ password_hash: string }>`
    select password_hash from users join accounts using (id) where name = 'ann'`
  expect(row?.password_hash).toContain('t=2')
  await login(dearer, 'ann')
})

test('expired sessions are dropped with their refresh tokens', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'ann')
  const { accessToken, refreshToken } = await login(kernel, 'ann')
  const database = kernel.resolve(Database)
  await database.sql`update sessions set expires_at = now() - interval '1 second'`
  expect((await call(kernel, 'POST /v1/auth/refresh', { body: { refreshToken } })).statusCode).toBe(401)
  expect(await kernel.resolve(Sessions).dropExpired(10)).toBe(1)
  expect(await database.sql`select from refresh_tokens`).toEqual([])
  expect(await whoami(kernel, bearer(accessToken))).toBe(401)
})
