import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { newToken } from '../../../src/modules/auth/api-token.ts'
import { CredentialRevoked } from '../../../src/modules/auth/contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { Events } from '../../../src/shared/kernel/events.ts'
import { createTestHome } from '../../../src/shared/testing/start-test-kernel.ts'
import { basic, bearer, call, createToken, login, password, register, startAuth } from './support.ts'

test('D-21 a token is shown once, stored as a hash, and works as Bearer and as the password of Basic', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  await register(kernel, 'bob')
  const { token, id } = await createToken(kernel, ann, { name: 'ci', scopes: ['publish'], expiresInDays: 30 })
  expect(token).toMatch(/^gati_[0-9A-Za-z]{49}$/)
  const list = await call(kernel, 'GET /v1/tokens', { as: ann })
  expect(list.body).not.toContain(token)
  const expected = { id, name: 'ci', scopes: ['publish'], namespaces: null, artifacts: null, lastUsedAt: null }
  expect(list.json()).toMatchObject({ items: [expected], nextCursor: null })
  const rows = await kernel.resolve(Database).sql<{ text: string }>`select tokens::text as text from tokens`
  expect(rows[0]?.text).not.toContain(token.slice(5, 30))
  const status = async (as: string) => (await call(kernel, 'GET /v1/auth/whoami', { as })).statusCode
  expect(await status(bearer(token))).toBe(200)
  expect(await status(basic('ann', token))).toBe(200)
  expect(await status(basic('', token))).toBe(200)
  expect(await status(basic('bob', token))).toBe(401)
  const shown = await call(kernel, 'GET /v1/auth/whoami', { as: bearer(token) })
  expect(shown.json()).toMatchObject({ username: 'ann', scopes: ['read', 'publish'] })
})

test('D-21 a token with a wrong checksum is refused without a question to the database, an invented one with', async () => {
  await using kernel = await startAuth()
  const { token } = await createToken(kernel, await register(kernel, 'ann'))
  const status = async (wrong: string) => (await call(kernel, 'GET /v1/auth/whoami', { as: bearer(wrong) })).statusCode
  const mistyped = token.slice(0, -1) + (token.endsWith('A') ? 'B' : 'A')
  for (const wrong of [mistyped, newToken('gati_'), `${token}x`, token.toUpperCase()]) expect(await status(wrong)).toBe(401)
  // Whoever asks now fails.
  await kernel.resolve(Database).sql`alter table tokens rename to elsewhere`
  expect(await status(`${mistyped.slice(0, -1)}_`)).toBe(401)
  expect(await status(mistyped.slice(0, 20) + (mistyped[20] === 'x' ? 'y' : 'x') + mistyped.slice(21))).toBe(401)
  expect(await status(newToken('gati_'))).toBe(500)
})

test('a token is never good for more than the credential that creates it', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const create = async (as: string, body: object) => {
    const answer = await call(kernel, 'POST /v1/tokens', { as, body: { name: 'x', scopes: ['read'], ...body } })
    return [answer.statusCode, answer.json().code]
  }
  const publisher = bearer((await createToken(kernel, ann, { scopes: ['publish'] })).token)
  expect(await create(publisher, { scopes: ['admin'] })).toEqual([403, 'auth.insufficient_scope'])
  const limited = bearer((await createToken(kernel, ann, { scopes: ['admin'], namespaces: ['ann', 'acme'] })).token)
  expect(await create(limited, {})).toEqual([403, 'auth.scope_exceeded'])
  expect(await create(limited, { namespaces: ['ann', 'other'] })).toEqual([403, 'auth.scope_exceeded'])
  expect(await create(limited, { namespaces: ['ann'] })).toEqual([201, undefined])
  expect(await create(limited, { namespaces: ['ann'], artifacts: ['ann/x'] })).toEqual([201, undefined])
})

test('a token made with an expiring token expires no later', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const { token } = await createToken(kernel, ann, { scopes: ['admin'], expiresInDays: 2 })
  const derived = await call(kernel, 'POST /v1/tokens', { as: bearer(token), body: { name: 'x', scopes: ['read'], expiresInDays: 30 } })
  expect(Date.parse(derived.json().expiresAt) - Date.now()).toBeLessThan(2 * 86_400_000)
})

test('a limited or lesser credential neither changes the account nor revokes other tokens, but any token revokes itself', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const first = await createToken(kernel, ann)
  const limited = await createToken(kernel, ann, { scopes: ['admin'], namespaces: ['ann'] })
  const reader = await createToken(kernel, ann)
  const status = async (route: string, as: string, body?: object) => (await call(kernel, route, { as, ...(body && { body }) })).statusCode
  expect(await status('PATCH /v1/users/me', bearer(limited.token), { email: 'x@example.org' })).toBe(403)
  expect(await status('DELETE /v1/users/ann', bearer(limited.token))).toBe(403)
  expect(await status('POST /v1/organizations', bearer(limited.token), { name: 'acme' })).toBe(403)
  for (const { token } of [limited, reader]) expect(await status(`DELETE /v1/tokens/${first.id}`, bearer(token))).toBe(403)
  expect(await status(`DELETE /v1/tokens/${reader.id}`, bearer(reader.token))).toBe(204)
  expect(await status('GET /v1/auth/whoami', bearer(reader.token))).toBe(401)
  expect(await status(`DELETE /v1/tokens/${first.id}`, ann)).toBe(204)
  expect(await status(`DELETE /v1/tokens/${first.id}`, ann)).toBe(404)
})

test('nobody sees or revokes the tokens of somebody else', async () => {
  await using kernel = await startAuth()
  const { id } = await createToken(kernel, await register(kernel, 'ann'))
  const bob = await register(kernel, 'bob')
  expect((await call(kernel, 'GET /v1/tokens', { as: bob })).json()).toEqual({ items: [], nextCursor: null })
  expect((await call(kernel, `DELETE /v1/tokens/${id}`, { as: bob })).statusCode).toBe(404)
})

test('an expired token is refused, also while it is cached', async () => {
  await using kernel = await startAuth()
  const { token, id } = await createToken(kernel, await register(kernel, 'ann'), { expiresInDays: 1 })
  await kernel.resolve(Database).sql`update tokens set expires_at = now() + interval '1 second' where id = ${id}`
  const status = async () => (await call(kernel, 'GET /v1/auth/whoami', { as: bearer(token) })).statusCode
  expect(await status()).toBe(200)
  await sleep(1_100)
  expect(await status()).toBe(401)
})

test('the last use of a token is written behind the request', async () => {
  await using kernel = await startAuth()
  const { token, id } = await createToken(kernel, await register(kernel, 'ann'))
  const lastUse = async () => {
    const [row] = await kernel.resolve(Database).sql<{ at: string | null }>`select last_used_at as at from tokens where id = ${id}`
    return row?.at ?? null
  }
  const use = () => call(kernel, 'GET /v1/auth/whoami', { as: bearer(token) })
  await use()
  expect(await lastUse()).toBeNull()
  await expect.poll(lastUse, { timeout: 5_000 }).not.toBeNull()
  const first = await lastUse()
  await use()
  await sleep(1_500)
  expect(await lastUse()).toBe(first)
})

test('D-21 what one process revokes is void in another within 5 seconds, although it was cached there', async () => {
  await using home = await createTestHome()
  await using one = await startAuth({ home })
  await using two = await startAuth({ home })
  const ann = await register(one, 'ann')
  const { token, id } = await createToken(one, ann)
  const session = await login(one, 'ann')
  const credentials = [bearer(token), bearer(session.accessToken), ann]
  const statuses = () => Promise.all(credentials.map(async (as) => (await call(two, 'GET /v1/auth/whoami', { as })).statusCode))
  expect(await statuses()).toEqual([200, 200, 200])
  await call(one, `DELETE /v1/tokens/${id}`, { as: ann })
  await call(one, 'PATCH /v1/users/me', { as: ann, body: { password: 'another password', currentPassword: password } })
  await expect.poll(statuses, { timeout: 5_000, interval: 250 }).toEqual([401, 401, 401])
})

test('other modules hear of a revoked credential', async () => {
  await using kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const { id } = await createToken(kernel, ann)
  const heard: unknown[] = []
  kernel.resolve(Events).on(CredentialRevoked, (payload) => heard.push(payload))
  await call(kernel, `DELETE /v1/tokens/${id}`, { as: ann })
  expect(heard).toEqual([{ userId: expect.any(String), grantId: id }])
})
