import { Secret, TOTP } from 'otpauth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ApiTokens, SecondFactor } from '../../../src/modules/auth/logins.contract.ts'
import { Users } from '../../../src/modules/auth/users.service.ts'
import type { Principal } from '../../../src/shared/kernel/principal.ts'
import { openPublishing, type PublishingDoor } from './open-publishing.ts'
import { npmDocument, packed } from './package-tarball.ts'

const password = 'correct horse battery'

let registry: PublishingDoor
let ann: Principal
beforeAll(async () => {
  registry = await openPublishing()
  const { id } = await registry.kernel.resolve(Users).find('ann')
  ann = { userId: id, username: 'ann', isAdmin: false, scopes: new Set(['read', 'publish', 'admin']) }
})
afterAll(() => registry[Symbol.asyncDispose]())

const demand = (name: string, body: object, headers: Record<string, string>) =>
  registry.send('POST', `/npm/-/package/${name}/access`, { body, headers })
const publish = async (name: string, version: string, headers: Record<string, string>) => {
  const manifest = { name, version }
  const {
    status,
    headers: answered,
    code,
  } = await registry.send('PUT', `/npm/${name}`, { body: npmDocument(manifest, await packed(manifest)), headers })
  return { status, code, challenge: answered.get('www-authenticate') }
}
const publishByRest = async (name: string, version: string, headers: Record<string, string>) => {
  const blob = await registry.send('POST', `/v1/artifacts/library/${name}/${version}`, {
    body: { type: 'module-node', layers: [] },
    headers,
  })
  return { status: blob.status, code: blob.code }
}
const bearer = async (bypassesSecondFactor: boolean) => {
  const wanted = { name: `t${bypassesSecondFactor}`, scopes: ['read', 'publish', 'admin'] as const, bypassesSecondFactor }
  return { authorization: `Bearer ${(await registry.kernel.resolve(ApiTokens).create(ann, wanted)).token}` }
}

test('a package that wants two factors takes nothing from accounts with one, and codes from the others', async () => {
  const [token, machine] = [await bearer(false), await bearer(true)]
  for (const name of ['strict', 'lenient']) expect((await publish(name, '1.0.0', token)).status).toBe(201)
  expect((await demand('strict', { publish_requires_tfa: true }, token)).status).toBe(200)
  expect((await demand('lenient', { publish_requires_tfa: true, automation_token_overrides_tfa: true }, token)).status).toBe(200)
  for (const name of ['strict', 'lenient'])
    expect(await publish(name, '1.0.1', token), name).toMatchObject({ status: 403, code: 'auth.second_factor_demanded' })
  expect((await publish('lenient', '1.0.2', machine)).status).toBe(201)
  expect(await publish('strict', '1.0.2', machine)).toMatchObject({ status: 403 })

  const factor = registry.kernel.resolve(SecondFactor)
  // The mode asks for codes at logins only: what counts is what the package wants.
  const uri = await factor.enroll(ann, { password, mode: 'auth-only' })
  const totp = new TOTP({ secret: Secret.fromBase32(new URL(uri ?? '').searchParams.get('secret') ?? '') })
  const code = (steps: number) => totp.generate({ timestamp: Date.now() + steps * 30_000 })
  await factor.confirm(ann, code(-1))
  for (const [name, headers] of [
    ['strict', token],
    ['strict', machine],
    ['lenient', token],
  ] as const)
    expect(await publish(name, '1.1.0', headers), name).toMatchObject({ status: 401, challenge: 'OTP' })
  expect((await publish('lenient', '1.1.0', machine)).status).toBe(201)
  expect((await publish('strict', '1.1.0', { ...token, 'npm-otp': code(0) })).status).toBe(201)
  // No other door lets in what this one refuses.
  expect(await publishByRest('strict', '1.2.0', machine)).toMatchObject({ status: 401, code: 'auth.otp_required' })
  // Nor is the demand taken back without what it demands.
  const taken = await demand('strict', { publish_requires_tfa: false }, machine)
  expect([taken.status, taken.headers.get('www-authenticate')]).toEqual([401, 'OTP'])
  expect((await demand('strict', { publish_requires_tfa: false }, { ...token, 'npm-otp': code(1) })).status).toBe(200)
  expect((await publish('strict', '1.3.0', token)).status).toBe(201)
})

test('whatever else changes such a package needs a code as well, over REST and as npm says it; reading does not', async () => {
  const eve = await registry.kernel.resolve(Users).register(ann, { username: 'eve', password, email: null })
  const caller = { userId: eve.id, username: 'eve', isAdmin: false, scopes: ann.scopes }
  const factor = registry.kernel.resolve(SecondFactor)
  const bearerOf = async (bypassesSecondFactor: boolean) => {
    const wanted = { name: 'eve', scopes: ['admin'] as const, bypassesSecondFactor }
    return { authorization: `Bearer ${(await registry.kernel.resolve(ApiTokens).create(caller, wanted)).token}` }
  }
  const [token, machine] = [await bearerOf(false), await bearerOf(true)]
  for (const name of ['firm', 'soft']) for (const version of ['1.0.0', '1.1.0']) await publish(name, version, token)
  for (const [name, more] of [
    ['firm', {}],
    ['soft', { automation_token_overrides_tfa: true }],
  ] as const)
    expect((await demand(name, { publish_requires_tfa: true, ...more }, token)).status).toBe(200)

  const changes = (name: string): readonly (readonly [method: string, path: string, body?: object])[] => [
    ['PATCH', `/v1/artifacts/library/${name}`, { description: 'other' }],
    ['PUT', `/v1/artifacts/library/${name}/-/tags/next`, { version: '1.0.0' }],
    ['DELETE', `/v1/artifacts/library/${name}/-/tags/next`],
    ['PUT', `/v1/artifacts/library/${name}/1.0.0/deprecation`, { reason: 'old' }],
    ['DELETE', `/v1/artifacts/library/${name}/1.0.0/deprecation`],
    ['PUT', `/v1/artifacts/library/${name}/1.0.0/yank`, { reason: 'bad' }],
    ['DELETE', `/v1/artifacts/library/${name}/1.0.0/yank`],
    ['PUT', `/v1/artifacts/library/${name}/-/grants/user/bob`, { role: 'write' }],
    ['DELETE', `/v1/artifacts/library/${name}/-/grants/user/bob`],
    ['PUT', `/npm/-/package/${name}/owners`, { username: 'bob' }],
    ['DELETE', `/npm/-/package/${name}/owners/bob`],
    ['PUT', `/npm/-/package/${name}/dist-tags/next`],
    ['DELETE', `/v1/artifacts/library/${name}/1.0.0`],
  ]
  const outcomes = async (name: string, headers: () => Promise<Record<string, string>>) => {
    const codes = new Set<string>()
    for (const [method, path, body] of changes(name)) {
      const sent = path.endsWith('dist-tags/next') ? '"1.1.0"' : body
      const content = sent !== undefined && { body: sent }
      const answer = await registry.send(method, path, {
        headers: { 'content-type': 'application/json', ...(await headers()) },
        ...content,
      })
      codes.add(answer.status < 300 ? 'done' : `${answer.code}`)
    }
    return [...codes]
  }
  expect(await outcomes('firm', async () => token)).toEqual(['auth.second_factor_demanded'])
  const uri = await factor.enroll(caller, { password, mode: 'auth-only' })
  const totp = new TOTP({ secret: Secret.fromBase32(new URL(uri ?? '').searchParams.get('secret') ?? '') })
  await factor.confirm(caller, totp.generate())
  expect(await outcomes('firm', async () => token)).toEqual(['auth.otp_required'])
  expect(await outcomes('firm', async () => machine)).toEqual(['auth.otp_required'])
  expect(await outcomes('firm', async () => ({ ...token, 'npm-otp': '000000' }))).toEqual(['auth.otp_invalid', 'auth.too_many_attempts'])
  for (const path of ['/v1/artifacts/library/firm', '/v1/artifacts/library/firm/-/grants', '/npm/firm'])
    expect((await registry.send('GET', path, { headers: token })).status).toBe(200)

  const fresh = async () => {
    await registry.sql`update second_factors set last_step = 0, failures = 0, failing_since = null`
    return { ...token, 'npm-otp': totp.generate() }
  }
  expect(await outcomes('firm', fresh)).toEqual(['done'])
  expect(await outcomes('soft', async () => machine)).toEqual(['done'])
})

test('who may not change a package is not told that it wants a code', async () => {
  for (const [path, body] of [
    ['/v1/artifacts/library/firm/-/tags/next', { version: '1.1.0' }],
    ['/v1/artifacts/library/firm/1.1.0/yank', { reason: 'bad' }],
  ] as const)
    expect((await registry.send('PUT', path, { as: 'bob', body })).code).toBe('auth.forbidden')
})
