import { exportJWK, generateKeyPair } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { IssuerKeys } from '../../../src/modules/auth/trusted-publishing/issuer-keys.ts'
import type { TrustedIssuer } from '../../../src/modules/auth/trusted-publishing/settings.ts'
import { OutboundClient } from '../../../src/shared/kernel/outbound-client.ts'
import { recordLog } from '../../../src/shared/testing/record-log.ts'
import { openIssuer } from '../npm/fake-issuer.ts'

async function open(settings: Partial<TrustedIssuer> = {}) {
  const issuer = await openIssuer()
  const outbound = new OutboundClient({ allow: ['127.0.0.1'] })
  onTestFinished(async () => {
    await outbound[Symbol.asyncDispose]()
    await issuer.close()
  })
  const time = { ms: 0 }
  const deps = { outbound, log: recordLog(), clock: () => time.ms }
  return { ...issuer, time, keys: new IssuerKeys({ type: 'github', issuer: issuer.url, ...settings }, deps) }
}

test('50 tokens at once make one request for the discovery document and one for the keys', async () => {
  const { keys, state } = await open()
  const found = await Promise.all(Array.from({ length: 50 }, () => keys.find('key-1')))
  expect(found.every((key) => key?.algorithm === 'RS256')).toBe(true)
  expect(state.requests).toEqual(['/.well-known/openid-configuration', '/keys'])
})

test('an unknown key id asks the issuer again, but not more often than every 30 seconds', async () => {
  const { keys, state, time } = await open()
  await keys.find('key-1')
  const [known] = state.keys
  if (known) state.keys.push({ ...known, kid: 'key-2' })
  for (let i = 0; i < 20; i += 1) expect(await keys.find('key-2')).toBeUndefined()
  expect(state.requests).toHaveLength(2)
  time.ms += 30_000
  expect(await keys.find('key-2')).toBeDefined()
  expect(state.requests).toHaveLength(4)
})

test('keys are fetched again after ten minutes, and one that was withdrawn is good no longer', async () => {
  const { keys, state, time } = await open()
  await keys.find('key-1')
  state.keys = []
  time.ms += 599_000
  expect(await keys.find('key-1')).toBeDefined()
  time.ms += 1_000
  expect(await keys.find('key-1')).toBeUndefined()
})

test('while the issuer does not answer its keys stay good for a day', async () => {
  const { keys, state, time } = await open()
  await keys.find('key-1')
  state.broken = true
  time.ms += 86_000_000
  expect(await keys.find('key-1')).toBeDefined()
  time.ms += 1_000_000
  await expect(keys.find('key-1')).rejects.toMatchObject({ code: 'auth.issuer_unavailable' })
})

test('an issuer that never answered is asked again after two seconds', async () => {
  const { keys, state, time } = await open()
  state.broken = true
  await expect(keys.find('key-1')).rejects.toMatchObject({ code: 'auth.issuer_unavailable' })
  state.broken = false
  await expect(keys.find('key-1')).rejects.toMatchObject({ code: 'auth.issuer_unavailable' })
  time.ms += 2_000
  expect(await keys.find('key-1')).toBeDefined()
})

test('a discovery document of another issuer is not followed', async () => {
  const { keys, state } = await open()
  state.claimedIssuer = 'https://issuer.example.org'
  await expect(keys.find('key-1')).rejects.toMatchObject({ code: 'auth.issuer_unavailable' })
  expect(state.requests).toEqual(['/.well-known/openid-configuration'])
})

test('D-23: secrets, encryption keys, other algorithms and keys without an id are left out', async () => {
  const { keys, state } = await open()
  const [known] = state.keys
  const elliptic = await exportJWK((await generateKeyPair('ES256', { extractable: true })).publicKey)
  state.keys = [
    { kty: 'oct', k: 'c2VjcmV0', kid: 'secret', alg: 'HS256' },
    { ...known, kid: 'encryption', use: 'enc' },
    { ...elliptic, kid: 'elliptic' },
    { kty: 'RSA', n: 'AQAB', kid: 'broken' },
    { ...known, kid: 'good' },
  ]
  for (const kid of ['secret', 'encryption', 'elliptic', '__proto__']) expect(await keys.find(kid)).toBeUndefined()
  expect(await keys.find('good')).toBeDefined()
})
