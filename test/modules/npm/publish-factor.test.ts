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
  expect((await demand('strict', { publish_requires_tfa: false }, token)).status).toBe(200)
  expect((await publish('strict', '1.3.0', token)).status).toBe(201)
})
