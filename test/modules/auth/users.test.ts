import { expect, test } from 'vitest'
import { Accounts, FirstAdmin } from '../../../src/modules/auth/contract.ts'
import { createTestHome } from '../../../src/shared/testing/start-test-kernel.ts'
import { asAdmin, basic, call, login, password, register, startAuth } from './support.ts'

test('anybody can register on a loopback registry in development, and only itself and administrators see the address', async () => {
  await using kernel = await startAuth()
  const created = await call(kernel, 'POST /v1/users', { body: { username: 'ann', password, email: 'ann@example.org' } })
  expect(created.statusCode).toBe(201)
  expect(created.json()).toEqual({ id: expect.any(String), username: 'ann', email: 'ann@example.org', createdAt: expect.any(String) })
  const profile = { id: created.json().id, username: 'ann', displayName: 'ann', verified: false, createdAt: created.json().createdAt }
  expect((await call(kernel, 'GET /v1/users/ann')).json()).toEqual(profile)
  const full = { ...profile, email: 'ann@example.org', isAdmin: false, state: 'active' }
  expect((await call(kernel, 'GET /v1/users/ann', { as: basic('ann', password) })).json()).toEqual(full)
  expect((await call(kernel, 'GET /v1/users/ann', { as: asAdmin })).json()).toEqual(full)
})

test('when registration is closed only an administrator creates users', async () => {
  await using kernel = await startAuth({ settings: { registration: 'closed' } })
  const refused = await call(kernel, 'POST /v1/users', { body: { username: 'ann', password, email: 'ann@example.org' } })
  expect(refused.statusCode).toBe(403)
  expect(refused.json()).toMatchObject({ code: 'auth.registration_closed' })
  await register(kernel, 'ann')
  const byAnn = await call(kernel, 'POST /v1/users', {
    as: basic('ann', password),
    body: { username: 'bob', password, email: 'bob@example.org' },
  })
  expect(byAnn.statusCode).toBe(403)
})

test('D-14 a name that is reserved, malformed, taken or looks like a taken one is refused', async () => {
  await using kernel = await startAuth()
  await register(kernel, 'left-pad')
  const attempt = async (username: string) => {
    const answer = await call(kernel, 'POST /v1/users', { body: { username, password, email: 'x@example.org' } })
    return [answer.statusCode, answer.json().code]
  }
  expect(await attempt('left-pad')).toEqual([409, 'auth.name_taken'])
  expect(await attempt('leftpad')).toEqual([409, 'auth.name_taken'])
  expect(await attempt('1eft-pad')).toEqual([409, 'auth.name_taken'])
  expect(await attempt('library')).toEqual([400, 'auth.name_reserved'])
  expect(await attempt('np-m')).toEqual([400, 'auth.name_reserved'])
  for (const hostile of ['../x', '%2e%2e', 'Ann', 'a--b', '-a', 'аnn', 'a b', 'x'.repeat(40), 'me/x'])
    expect(await attempt(hostile), hostile).toEqual([400, 'auth.name_invalid'])
  for (const hostile of ['', 'a\u0000b', 'x'.repeat(10_000)]) expect((await attempt(hostile))[0], hostile.slice(0, 9)).toBe(400)
})

test('the long form of a user name is shortened', async () => {
  await using kernel = await startAuth()
  const created = await call(kernel, 'POST /v1/users', { body: { username: 'gati.dev/users/krishna', password, email: 'k@example.org' } })
  expect(created.json()).toMatchObject({ username: 'krishna' })
})

test('passwords have 8 to 1,000 characters and bodies have the documented types', async () => {
  await using kernel = await startAuth()
  const body = { username: 'ann', password, email: 'ann@example.org' }
  const wrong = [
    { password: '1234567' },
    { password: 'x'.repeat(1_001) },
    { password: 12345678 },
    { email: 'none' },
    { email: ['a@b'] },
    { username: { a: 1 } },
  ]
  for (const part of wrong) {
    const answer = await call(kernel, 'POST /v1/users', { body: { ...body, ...part } })
    expect(answer.statusCode, JSON.stringify(part).slice(0, 60)).toBe(400)
  }
  expect((await call(kernel, 'POST /v1/users', { body: { ...body, password: 'x'.repeat(1_000) } })).statusCode).toBe(201)
})

test('one of many concurrent registrations of a name wins', async () => {
  await using kernel = await startAuth()
  const attempts = Array.from({ length: 20 }, (_, index) =>
    call(kernel, 'POST /v1/users', { body: { username: index % 2 ? 'same-name' : 'samename', password, email: 'x@example.org' } }),
  )
  const statuses = (await Promise.all(attempts)).map(({ statusCode }) => statusCode)
  expect(statuses.filter((status) => status === 201)).toHaveLength(1)
  expect(statuses.filter((status) => status === 409)).toHaveLength(19)
})

test('a new password needs the current one, ends sessions and voids the old password at once', async () => {
  await using kernel = await startAuth()
  const old = await register(kernel, 'ann')
  const { accessToken, refreshToken } = await login(kernel, 'ann')
  const change = (body: object) => call(kernel, 'PATCH /v1/users/me', { as: old, body })
  expect((await change({ password: 'a new password' })).json()).toMatchObject({ code: 'auth.wrong_password' })
  expect((await change({ password: 'a new password', currentPassword: 'wrong' })).statusCode).toBe(403)
  const changed = await change({ password: 'a new password', currentPassword: password, email: 'new@example.org' })
  expect(changed.json()).toMatchObject({ email: 'new@example.org' })
  expect((await call(kernel, 'GET /v1/auth/whoami', { as: old })).statusCode).toBe(401)
  expect((await call(kernel, 'GET /v1/auth/whoami', { as: `Bearer ${accessToken}` })).statusCode).toBe(401)
  expect((await call(kernel, 'POST /v1/auth/refresh', { body: { refreshToken } })).statusCode).toBe(401)
  expect((await call(kernel, 'GET /v1/auth/whoami', { as: basic('ann', 'a new password') })).statusCode).toBe(200)
})

test('D-7 a deleted user is gone, with all its credentials, and its name stays taken', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const bob = await register(kernel, 'bob')
  const { accessToken } = await login(kernel, 'ann')
  expect((await call(kernel, 'DELETE /v1/users/ann', { as: bob })).statusCode).toBe(403)
  expect((await call(kernel, 'DELETE /v1/users/ann', { as: ann })).statusCode).toBe(204)
  for (const as of [ann, `Bearer ${accessToken}`]) expect((await call(kernel, 'GET /v1/auth/whoami', { as })).statusCode).toBe(401)
  expect((await call(kernel, 'GET /v1/users/ann')).statusCode).toBe(404)
  const again = await call(kernel, 'POST /v1/users', { body: { username: 'ann', password, email: 'x@example.org' } })
  expect(again.statusCode).toBe(409)
  expect((await call(kernel, 'DELETE /v1/users/bob', { as: asAdmin })).statusCode).toBe(204)
  expect((await call(kernel, 'DELETE /v1/users/admin', { as: asAdmin })).json()).toMatchObject({ code: 'auth.last_owner' })
})

test('a disabled user cannot authenticate until it is enabled again', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const whoami = async () => (await call(kernel, 'GET /v1/auth/whoami', { as: ann })).statusCode
  expect(await whoami()).toBe(200)
  await call(kernel, 'PATCH /v1/users/ann', { as: asAdmin, body: { disabled: true } })
  expect(await whoami()).toBe(401)
  await call(kernel, 'PATCH /v1/users/ann', { as: asAdmin, body: { disabled: false } })
  expect(await whoami()).toBe(200)
  expect((await call(kernel, 'PATCH /v1/users/ann', { as: ann, body: { isAdmin: true } })).statusCode).toBe(403)
})

test('only administrators list users, a page at a time', async () => {
  await using kernel = await startAuth()
  for (const name of ['ann', 'bob', 'cat']) await register(kernel, name)
  expect((await call(kernel, 'GET /v1/users', { as: basic('ann', password) })).statusCode).toBe(403)
  const first = (await call(kernel, 'GET /v1/users?limit=3', { as: asAdmin })).json()
  expect(first.items.map((user: { username: string }) => user.username)).toEqual(['admin', 'ann', 'bob'])
  const second = (await call(kernel, `GET /v1/users?limit=3&cursor=${first.nextCursor}`, { as: asAdmin })).json()
  expect(second).toMatchObject({ items: [{ username: 'cat' }], nextCursor: null })
  expect((await call(kernel, 'GET /v1/users?cursor=bm90b3Vycw', { as: asAdmin })).statusCode).toBe(400)
})

test('the first administrator is made once, also when two processes start together, and its password is handed out once', async () => {
  await using home = await createTestHome()
  await using one = await startAuth({ home, settings: { adminPassword: '' } })
  await using two = await startAuth({ home, settings: { adminPassword: '' } })
  const handedOut = await Promise.all([one.resolve(FirstAdmin).taken(), two.resolve(FirstAdmin).taken()])
  const [made, ...others] = handedOut.filter((taken) => taken !== undefined)
  expect(others).toEqual([])
  expect(made).toMatchObject({ username: 'admin' })
  expect((await call(two, 'GET /v1/auth/whoami', { as: basic('admin', made?.password ?? '') })).json()).toMatchObject({ isAdmin: true })
  expect(await one.resolve(FirstAdmin).taken()).toBeUndefined()
  expect(await two.resolve(FirstAdmin).taken()).toBeUndefined()
})

test('listeners of new accounts run in the same transaction, for the first administrator too', async () => {
  await using kernel = await startAuth()
  const heard: string[] = []
  kernel.resolve(Accounts).onCreated(async ({ name }) => {
    heard.push(name)
    if (name === 'bad-luck') throw new Error('the listener failed')
  })
  await register(kernel, 'ann')
  expect(heard).toEqual(['admin', 'ann'])
  expect((await call(kernel, 'POST /v1/users', { body: { username: 'bad-luck', password, email: 'x@example.org' } })).statusCode).toBe(500)
  expect(await kernel.resolve(Accounts).find('bad-luck')).toBeUndefined()
})
