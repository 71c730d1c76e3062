import { generateKeyPairSync } from 'node:crypto'
import * as openpgp from 'openpgp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PublisherKeyView } from '../../../src/modules/signing/publisher.contract.ts'
import { issue } from './certificates.ts'
import { openSigning, type Problem, pair, type Signing } from './open-signing.ts'
import { pemOf } from './signature-keys.ts'

let signing: Signing
beforeAll(async () => {
  signing = await openSigning()
})
afterAll(() => signing[Symbol.asyncDispose]())

const keys = '/v1/publishers/ada/keys'
const refused = async (body: unknown): Promise<Problem & { status: number }> => {
  const answer = await signing.rest('POST', keys, { as: 'ada', body })
  return { status: answer.status, ...answer.json<Problem>() }
}
const list = async (as?: string) =>
  (await signing.expectJson<{ items: PublisherKeyView[] }>(signing.rest('GET', keys, as ? { as } : {}), 200)).items

test('keys of every kind are registered and listed, for everybody who sees the namespace', async () => {
  const pgp = await openpgp.generateKey({ userIDs: [{ name: 'Ada' }], keyExpirationTime: 86_400 })
  const root = issue({ subject: 'Acme Root', ca: true })
  const leaf = issue({ subject: 'Ada' })
  const made = [
    await signing.register('ec', pemOf(pair().publicKey)),
    await signing.register('ed', pemOf(generateKeyPairSync('ed25519').publicKey), { expiresAt: '2100-01-01T00:00:00Z' }),
    await signing.register('rsa', pemOf(generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey)),
    await signing.register('pgp', pgp.publicKey),
    await signing.register('root', root.pem),
    await signing.register('leaf', leaf.pem),
  ]
  expect(made.map(({ kind, algorithm, status }) => [kind, algorithm, status])).toEqual([
    ['key', 'ecdsa-p256', 'active'],
    ['key', 'ed25519', 'active'],
    ['key', 'rsa-2048', 'active'],
    ['openpgp', expect.any(String), 'active'],
    ['authority', 'ecdsa-p256', 'active'],
    ['certificate', 'ecdsa-p256', 'active'],
  ])
  expect(made.map(({ expiresAt }) => expiresAt !== null)).toEqual([false, true, false, true, true, true])
  expect(await list()).toEqual(made)
  expect(await list('eve')).toEqual(made)
})

test('what is no key, or a weak or a private one, is refused with the reason and changes nothing', async () => {
  const before = await list()
  const weak = pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey)
  const p384 = pemOf(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).publicKey)
  const secret = pair().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const pgp = await openpgp.generateKey({ userIDs: [{ name: 'Ada' }] })
  const old = await openpgp.generateKey({ userIDs: [{ name: 'Ada' }], date: new Date(Date.now() - 8e8), keyExpirationTime: 60 })
  const two = `${pgp.publicKey}\n${old.publicKey}`
  for (const [publicKey, reason] of [
    ['hello', /no public key in PEM/],
    ['-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', /no public key in PEM/],
    [weak, /at least 2048 bits, this one has 1024/],
    [p384, /curve P-256, not secp384r1/],
    [pemOf(generateKeyPairSync('x25519').publicKey), /not x25519/],
    [secret, /private key/],
    [pgp.privateKey, /private key/],
    [old.publicKey, /cannot sign|expired/],
    ['-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n', /no OpenPGP key/],
    [`${issue({ subject: 'a' }).pem}${issue({ subject: 'b' }).pem}`, /only itself/],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', /cannot be read/],
    [issue({ subject: 'x', until: new Date(Date.now() - 1_000) }).pem, /expired on/],
  ] as const)
    expect(await refused({ name: 'bad', publicKey })).toMatchObject({
      status: 400,
      code: 'signing.key_invalid',
      message: expect.stringMatching(reason),
    })
  expect((await refused({ name: 'two', publicKey: two })).status).toBe(400)
  const publicKey = pemOf(pair().publicKey)
  for (const body of [
    null,
    [],
    'text',
    {},
    { name: 'x' },
    { name: ['x'], publicKey },
    { name: 'x', publicKey: [publicKey] },
    { name: 'x', publicKey: { toString: 1 } },
    { name: '', publicKey },
    { name: 'x\u0000', publicKey },
    { name: 'x', publicKey, expiresAt: 'tomorrow' },
    { name: 'x', publicKey, expiresAt: '2020-01-01T00:00:00Z' },
    { name: 'x', publicKey, more: 1 },
    { name: 'x', publicKey: 'A'.repeat(70_000) },
  ])
    expect({ body: JSON.stringify(body).slice(0, 80), status: (await refused(body)).status }).toMatchObject({ status: 400 })
  expect((await signing.rest('POST', keys, { as: 'ada', body: '['.repeat(50_000) })).status).toBe(400)
  expect(
    (await signing.rest('POST', keys, { as: 'ada', body: JSON.stringify({ name: 'x', publicKey: 'A'.repeat(300_000) }) })).status,
  ).toBe(413)
  expect(await list()).toEqual(before)
})

test('only who manages the namespace changes its keys and its policy', async () => {
  const body = { name: 'mine', publicKey: pemOf(pair().publicKey) }
  const [first] = await list()
  const attempts = [
    ['POST', keys, body],
    ['PATCH', `${keys}/${first?.id}`, { expiresAt: null }],
    ['DELETE', `${keys}/${first?.id}`, { reason: 'mine now' }],
    ['PUT', '/v1/publishers/ada/signing-policy', { identities: [] }],
  ] as const
  for (const [method, path, sent] of attempts) {
    expect([method, (await signing.rest(method, path, { as: 'eve', body: sent })).status]).toEqual([method, 403])
    expect([method, (await signing.rest(method, path, { body: sent })).status]).toEqual([method, 401])
  }
  expect((await signing.rest('GET', '/v1/publishers/eve/keys', { as: 'ada' })).status).toBe(404)
  expect((await signing.rest('GET', '/v1/publishers/nobody/keys', { as: 'ada' })).status).toBe(404)
})

test('a key is registered once, expires, and is revoked for good', async () => {
  const publicKey = pemOf(pair().publicKey)
  const key = await signing.register('once', publicKey)
  expect(await refused({ name: 'twice', publicKey })).toMatchObject({ status: 409, code: 'signing.key_exists', details: { keyId: key.id } })
  const change = (method: 'PATCH' | 'DELETE', body: object, id = key.id) => signing.rest(method, `${keys}/${id}`, { as: 'ada', body })
  const past = await signing.expectJson<PublisherKeyView>(change('PATCH', { expiresAt: '2020-01-01T00:00:00Z' }), 200)
  expect(past.status).toBe('expired')
  expect(await signing.expectJson(change('PATCH', { expiresAt: null }), 200)).toMatchObject({ status: 'active', expiresAt: null })
  const revoked = await signing.expectJson<PublisherKeyView>(change('DELETE', { reason: 'left the team' }), 200)
  expect(revoked).toMatchObject({ status: 'revoked', revokedReason: 'left the team', compromised: false })
  expect((await change('DELETE', { reason: 'again' })).json<Problem>().code).toBe('signing.key_revoked')
  expect((await change('PATCH', { expiresAt: null })).json<Problem>().code).toBe('signing.key_revoked')
  expect(await signing.expectJson(change('DELETE', { reason: 'it was stolen', compromised: true }), 200)).toMatchObject({
    compromised: true,
  })
  for (const id of ['nothing', '01900000-0000-7000-8000-00000000000a', '%27%3B'])
    expect((await change('DELETE', { reason: 'x' }, id)).json<Problem>().code).toBe('signing.key_not_found')
  const audited = await signing.sql<{ action: string }>`select action from audit_log where subject = 'ada/once' order by at, id`
  expect(audited.map(({ action }) => action)).toEqual([
    'publisher_key.registered',
    ...['publisher_key.expiry_changed', 'publisher_key.expiry_changed'],
    ...['publisher_key.revoked', 'publisher_key.revoked'],
  ])
  await signing.settled()
})

test('a policy names keys of the publisher, and is what it was when it cannot be set', async () => {
  const [first] = await list()
  const policy = '/v1/publishers/ada/signing-policy'
  const set = (body: unknown) => signing.rest('PUT', policy, { as: 'ada', body })
  const identities = [{ subject: 'https://github.com/acme/*', issuer: 'https://token.example.org' }]
  const wanted = { allowedKeys: [first?.id], identities, requiredPredicateTypes: ['https://cyclonedx.org/bom'] }
  expect(await signing.expectJson(set(wanted), 200)).toEqual({ ...wanted, required: false })
  expect((await set({ allowedKeys: ['01900000-0000-7000-8000-00000000000a'] })).json<Problem>().code).toBe('signing.policy_invalid')
  for (const bad of [
    [],
    { identities: 'x' },
    { identities: [{ subject: 'x' }] },
    { identities: Array(101).fill(identities[0]) },
    { allowedKeys: ['x'] },
    { more: 1 },
  ])
    expect((await set(bad)).status).toBe(400)
  expect(await signing.expectJson(signing.rest('GET', policy, { as: 'eve' }), 200)).toEqual({ ...wanted, required: false })
  expect(await signing.expectJson(set({}), 200)).toEqual({ identities: [], requiredPredicateTypes: [], required: false })
  await signing.settled()
})
