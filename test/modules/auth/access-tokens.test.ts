import { createHmac, generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt, decodeProtectedHeader, importJWK, type JWK, SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { Database } from '../../../src/shared/kernel/database.ts'
import { bearer, call, login, register, startAuth } from './support.ts'

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

async function startWithToken() {
  const kernel = await startAuth()
  await register(kernel, 'ann')
  const { accessToken } = await login(kernel, 'ann')
  const [row] = await kernel.resolve(Database).sql<{ kid: string; private_jwk: JWK }>`select kid, private_jwk from auth_keys`
  if (!row) throw new Error('there is no key')
  const key = await importJWK(row.private_jwk, 'EdDSA')
  const claims = decodeJwt(accessToken)
  const sign = (changed: object, header: object = {}) =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg: 'EdDSA', kid: row.kid, typ: 'JWT', ...header }).sign(key)
  const status = async (token: string) => (await call(kernel, 'GET /v1/auth/whoami', { as: bearer(token) })).statusCode
  return { kernel, accessToken, claims, kid: row.kid, jwk: row.private_jwk, sign, status }
}

test('D-23 the same claims signed by the registry key are accepted, so the refusals below mean something', async () => {
  const { kernel, sign, status, accessToken } = await startWithToken()
  await using _ = kernel
  expect(decodeProtectedHeader(accessToken)).toEqual({ alg: 'EdDSA', kid: expect.any(String), typ: 'JWT' })
  expect(await status(accessToken)).toBe(200)
  expect(await status(await sign({}))).toBe(200)
})

test('D-23 wrong or missing claims are refused', async () => {
  const { kernel, sign, status } = await startWithToken()
  await using _ = kernel
  const now = Math.floor(Date.now() / 1_000)
  const wrong = [
    { aud: 'another' },
    { aud: ['gati-registry', 'another'] },
    { aud: undefined },
    { iss: 'another' },
    { iss: undefined },
    { exp: now - 60 },
    { exp: undefined },
    { nbf: now + 60 },
    { nbf: undefined },
    { jti: undefined },
    { sub: undefined },
    { jti: '00000000-0000-7000-8000-000000000000' },
    { sub: '00000000-0000-7000-8000-000000000000' },
    { sub: 'not a uuid' },
    { jti: "x' or true --" },
  ]
  for (const claims of wrong) expect(await status(await sign(claims)), JSON.stringify(claims)).toBe(401)
})

test('D-23 no header chooses the algorithm or the key', async () => {
  const { kernel, sign, status, accessToken, claims, kid, jwk } = await startWithToken()
  await using _ = kernel
  const [header = '', payload = '', signature = ''] = accessToken.split('.')
  const own = generateKeyPairSync('ed25519')
  const stranger = (extra: object) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'EdDSA', kid, typ: 'JWT', ...extra }).sign(own.privateKey)
  const confused = `${encode({ alg: 'HS256', kid, typ: 'JWT' })}.${payload}`
  const forged = [
    new UnsecuredJWT(claims).encode(),
    `${encode({ alg: 'none', kid, typ: 'JWT' })}.${payload}.`,
    `${encode({ alg: 'none', kid, typ: 'JWT' })}.${payload}.${signature}`,
    `${confused}.${createHmac('sha256', Buffer.from(String(jwk.x), 'base64url'))
      .update(confused)
      .digest('base64url')}`,
    await stranger({}),
    await stranger({ jwk: own.publicKey.export({ format: 'jwk' }) }),
    await stranger({ kid: '../../dev/null' }),
    await stranger({ kid: "' union select 'x" }),
    await stranger({ kid: '__proto__' }),
    await sign({}, { kid: undefined }),
    await sign({}, { kid: `${kid} ` }),
    await sign({}, { jku: 'https://example.org/keys' }),
    await sign({}, { x5u: 'https://example.org/keys' }),
    await sign({}, { jwk: own.publicKey.export({ format: 'jwk' }) }),
    `${header}.${payload}.${'A'.repeat(86)}`,
    `${header}.${encode({ ...claims, sub: 'x' })}.${signature}`,
    `${header}.${payload}`,
    '..',
  ]
  for (const token of forged) expect(await status(token), token.slice(0, 60)).toBe(401)
})

test('D-23 a token of more than 8 KiB is refused even when it is signed by us', async () => {
  const { kernel, sign, status } = await startWithToken()
  await using _ = kernel
  expect(await status(await sign({ padding: 'x'.repeat(5_000) }))).toBe(200)
  expect(await status(await sign({ padding: 'x'.repeat(9_000) }))).toBe(401)
})

test('D-23 a token ends with its lifetime and 5 seconds of leeway, also while it is cached', async () => {
  const { kernel, sign, status } = await startWithToken()
  await using _ = kernel
  const token = await sign({ exp: Math.floor(Date.now() / 1_000) - 3 })
  expect(await status(token)).toBe(200)
  await sleep(2_500)
  expect(await status(token)).toBe(401)
})
