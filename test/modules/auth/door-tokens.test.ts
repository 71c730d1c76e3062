import { createHmac, generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test, vi } from 'vitest'
import { Authorizer, catalogAccess, DoorTokens, type RepositoryAccess, type Resource } from '../../../src/modules/auth/contract.ts'
import { Database } from '../../../src/shared/kernel/database.ts'
import { Authenticator, anonymous, type Principal, type Scope } from '../../../src/shared/kernel/principal.ts'
import type { TestKernel } from '../../../src/shared/testing/start-test-kernel.ts'
import { asAdmin, basic, bearer, call, createToken, login, password, register, startAuth } from './support.ts'

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
const access = (...scopes: Scope[]): RepositoryAccess => new Map([['ann/app', new Set(scopes)]])

const authenticate = (kernel: TestKernel, authorization: string): Promise<Principal> =>
  kernel.resolve(Authenticator).authenticate({ headers: { authorization } } as never)
const refused = (kernel: TestKernel, authorization: string) => expect(authenticate(kernel, authorization)).rejects.toThrow('not valid')

async function start() {
  const kernel = await startAuth()
  const ann = await register(kernel, 'ann')
  const issue = async (authorization: string, wanted = access('read', 'publish')) =>
    (await kernel.resolve(DoorTokens).issue(await authenticate(kernel, authorization), wanted)).token
  return { kernel, ann, issue }
}

test('a token of a door names its user, is bound to its repositories and carries no id of the credential behind it', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const { token } = await createToken(kernel, ann, { scopes: ['publish'], namespaces: ['ann'] })
  for (const credential of [ann, bearer((await login(kernel, 'ann')).accessToken), basic('ann', token), bearer(token)]) {
    const known = await authenticate(kernel, credential)
    const { grantId: _behind, ...expected } = known
    expect(await authenticate(kernel, bearer(await issue(credential)))).toEqual({ ...expected, access: access('read', 'publish') })
  }
  const nobody = await kernel.resolve(DoorTokens).issue(anonymous, access('read'))
  expect(nobody).toMatchObject({ expiresInSeconds: 300, issuedAt: expect.stringMatching(/^\d{4}-.*Z$/) })
  expect(await authenticate(kernel, bearer(nobody.token))).toEqual({ ...anonymous, access: access('read') })
})

test('a token of a door makes no further token, neither of a door nor of the API, and changes no account', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const { token, id } = await createToken(kernel, ann, { scopes: ['admin'] })
  const as = bearer(await issue(bearer(token), access('read', 'publish', 'admin')))
  await expect(issue(as)).rejects.toThrow('not valid')
  await expect(kernel.resolve(DoorTokens).remember(await authenticate(kernel, as), 'x')).rejects.toThrow('cannot be good for more')
  const administrator = bearer(await issue(asAdmin, access('admin')))
  const attempts: [string, string, object?][] = [
    [as, 'POST /v1/tokens', { name: 'x', scopes: ['read'] }],
    [as, `DELETE /v1/tokens/${id}`],
    [as, 'PATCH /v1/users/me', { displayName: 'x' }],
    [as, 'DELETE /v1/users/ann'],
    [as, 'POST /v1/organizations', { name: 'anns-org' }],
    [administrator, 'GET /v1/users'],
    [administrator, 'GET /v1/audit'],
  ]
  for (const [who, route, body] of attempts)
    expect([400, 403, 404], route).toContain((await call(kernel, route, { as: who, ...(body && { body }) })).statusCode)
  expect((await call(kernel, 'GET /v1/auth/whoami', { as: bearer(token) })).statusCode).toBe(200)
})

test('D-21 the end of the credential is the end of its tokens of doors: revoked, password changed, user disabled', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const { token, id } = await createToken(kernel, ann)
  const ofToken = bearer(await issue(bearer(token)))
  const session = bearer((await login(kernel, 'ann')).accessToken)
  const ofSession = bearer(await issue(session))
  const ofPassword = bearer(await issue(ann))
  for (const one of [ofToken, ofSession, ofPassword]) await authenticate(kernel, one)
  await call(kernel, `DELETE /v1/tokens/${id}`, { as: ann })
  await refused(kernel, ofToken)
  await call(kernel, 'POST /v1/auth/logout', { as: session })
  await refused(kernel, ofSession)
  await authenticate(kernel, ofPassword)
  const changed = await call(kernel, 'PATCH /v1/users/me', { as: ann, body: { password: 'another password', currentPassword: password } })
  expect(changed.statusCode).toBe(200)
  await refused(kernel, ofPassword)
  const again = bearer(await issue(basic('ann', 'another password')))
  await call(kernel, 'PATCH /v1/users/ann', { as: asAdmin, body: { disabled: true } })
  await refused(kernel, again)
})

test('D-23 tokens of doors: no other algorithm, audience, key, header or shape is accepted, and none of more than 8 KiB', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const { sql } = kernel.resolve(Database)
  const [row] = await sql<{ kid: string; private_jwk: JWK }>`select kid, private_jwk from auth_keys`
  if (!row) throw new Error('there is no key')
  const good = await issue(ann)
  const claims = decodeJwt(good)
  const key = await importJWK(row.private_jwk, 'EdDSA')
  const header = { alg: 'EdDSA', kid: row.kid, typ: 'JWT' }
  const sign = (changed: object, extra: object = {}) =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ ...header, ...extra }).sign(key)
  await authenticate(kernel, bearer(await sign({})))
  const now = Math.floor(Date.now() / 1_000)
  const grantId = '00000000-0000-7000-8000-000000000000'
  const [head = '', payload = '', signature = ''] = good.split('.')
  const own = generateKeyPairSync('ed25519').privateKey
  const confused = `${encode({ ...header, alg: 'HS256' })}.${payload}`
  const forged = [
    new UnsecuredJWT(claims).encode(),
    `${encode({ ...header, alg: 'none' })}.${payload}.`,
    `${confused}.${createHmac('sha256', Buffer.from(String(row.private_jwk.x), 'base64url'))
      .update(confused)
      .digest('base64url')}`,
    `${head}.${encode({ ...claims, access: [{ type: 'repository', name: 'ann/other', actions: ['*'] }] })}.${signature}`,
    await new SignJWT(claims).setProtectedHeader({ ...header, kid: '../../dev/null' }).sign(own),
    await new SignJWT(claims).setProtectedHeader(header).sign(own),
    await sign({}, { jku: 'https://example.org/keys' }),
    await sign({ aud: 'gati-registry' }),
    await sign({ aud: 'another' }),
    await sign({ aud: ['gati-registry/oci', 'gati-registry'] }),
    await sign({ aud: undefined }),
    await sign({ iss: 'another' }),
    await sign({ exp: now - 10 }),
    await sign({ exp: undefined }),
    await sign({ nbf: now + 60 }),
    await sign({ access: undefined }),
    await sign({ access: [{ type: 'repository', name: 'ann/app', actions: ['root'] }] }),
    await sign({ access: 'ann/app' }),
    await sign({ sub: undefined }),
    await sign({ ver: undefined }),
    await sign({ ver: 999 }),
    await sign({ ver: undefined, jti: grantId }),
    await sign({ jti: grantId }),
    await sign({ sub: grantId }),
    await sign({ sub: "x' or true --" }),
    await sign({ padding: 'x'.repeat(9_000) }),
  ]
  for (const [index, token] of forged.entries())
    await expect(authenticate(kernel, bearer(token)), `forged ${index}`).rejects.toThrow('not valid')
  const session = (await login(kernel, 'ann')).accessToken
  const crossed = await new SignJWT({ ...decodeJwt(session), aud: 'gati-registry/oci' }).setProtectedHeader(header).sign(key)
  await refused(kernel, bearer(crossed))
})

test('D-23 what does not fit 8 KiB or 20 repositories is not issued', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const names = (count: number, length: number): RepositoryAccess =>
    new Map(Array.from({ length: count }, (_, index) => [`ann/${index}`.padEnd(length, 'x'), new Set<Scope>(['read'])]))
  await authenticate(kernel, bearer(await issue(ann, names(20, 200))))
  await expect(issue(ann, names(21, 10))).rejects.toMatchObject({ code: 'auth.door_token_too_large', kind: 'invalid' })
  await expect(issue(ann, names(20, 299))).rejects.toMatchObject({ code: 'auth.door_token_too_large' })
})

test('D-23 a token of a door ends with its lifetime and 5 seconds of leeway, also while it is cached', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const token = await issue(ann)
  await authenticate(kernel, bearer(token))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 304_000 })
  try {
    await authenticate(kernel, bearer(token))
    vi.setSystemTime(Date.now() + 2_000)
    await refused(kernel, bearer(token))
  } finally {
    vi.useRealTimers()
  }
})

test('a warm token of a door is checked without the database', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const token = bearer(await issue(ann))
  await authenticate(kernel, token)
  await sleep(50)
  const asked = vi.spyOn(kernel.resolve(Database), 'sql')
  for (let round = 0; round < 20; round++) await authenticate(kernel, token)
  expect(asked).not.toHaveBeenCalled()
})

test('identify takes name and password, name and API token, or an API token alone, and is throttled like Basic', async () => {
  const { kernel, ann } = await start()
  await using _ = kernel
  const doorTokens = kernel.resolve(DoorTokens)
  const { token } = await createToken(kernel, ann)
  for (const credential of [{ username: 'ann', password }, { username: 'ann', password: token }, { token }])
    expect(await doorTokens.identify(credential)).toMatchObject({ username: 'ann' })
  const session = await login(kernel, 'ann')
  const wrong = [
    { username: 'admin', password: token },
    { username: 'ann\0', password },
    { username: 'ann:x', password },
    { username: 'a'.repeat(1_000), password },
    { token: 'gati_x' },
    { token: session.refreshToken },
    { token: session.accessToken },
    { token: '' },
  ]
  for (const credential of wrong) await expect(doorTokens.identify(credential), JSON.stringify(credential)).rejects.toThrow('not valid')
  for (let attempt = 0; attempt < 10; attempt++)
    await expect(doorTokens.identify({ username: 'ann', password: 'wrong' })).rejects.toThrow('not valid')
  await expect(doorTokens.identify({ username: 'ann', password: 'wrong' })).rejects.toMatchObject({ code: 'auth.too_many_attempts' })
})

test('the authorizer holds a token to its repositories and scopes, whatever its user may do', async () => {
  const { kernel, ann, issue } = await start()
  await using _ = kernel
  const authorizer = kernel.resolve(Authorizer)
  const owner = await authenticate(kernel, ann)
  const at = (name: string, namespace = 'ann'): Resource => ({
    accountId: owner.userId ?? null,
    namespace,
    namespaceVisibility: 'private',
    artifact: { id: '00000000-0000-7000-8000-000000000001', name, visibility: 'inherit' },
  })
  const puller = await authenticate(kernel, bearer(await issue(ann, access('read'))))
  const allowed = async (principal: Principal, resource: Resource) =>
    Promise.all((['read', 'publish', 'manage', 'own'] as const).map((action) => authorizer.allows(principal, action, resource)))
  expect(await allowed(owner, at('app'))).toEqual([true, true, true, true])
  expect(await allowed(puller, at('app'))).toEqual([true, false, false, false])
  expect(await allowed(puller, at('other'))).toEqual([false, false, false, false])
  expect(await allowed(puller, at('app', 'bob'))).toEqual([false, false, false, false])
  const { artifact: _none, ...namespace } = at('app')
  expect(await allowed(puller, namespace)).toEqual([false, false, false, false])
  const administrator = await authenticate(kernel, bearer(await issue(asAdmin, access('read', 'publish'))))
  expect(await allowed(administrator, at('app'))).toEqual([true, true, false, false])
  expect(await allowed(administrator, at('other'))).toEqual([false, false, false, false])
  const library = { accountId: null, namespace: 'ann', namespaceVisibility: 'public' as const }
  const pusher = await authenticate(kernel, bearer(await issue(ann)))
  expect(await authorizer.allows(pusher, 'publish', { ...library, newName: 'app' })).toBe(true)
  expect(await authorizer.allows(pusher, 'publish', { ...library, newName: 'other' })).toBe(false)
  expect(await authorizer.allows(pusher, 'publish', library)).toBe(false)
  expect(await authorizer.sight(puller)).toEqual({ everything: false, accountIds: [], artifactIds: [] })
  const lister = await authenticate(kernel, bearer(await issue(ann, new Map([[catalogAccess, new Set<Scope>(['read'])]]))))
  expect(await authorizer.sight(lister)).toEqual(await authorizer.sight(owner))
})
