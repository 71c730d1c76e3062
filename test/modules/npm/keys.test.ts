import { createPublicKey, verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { RegistryKeys } from '../../../src/modules/signing/contract.ts'
import { openDoor } from './open-door.ts'

test('the keys of the registry are listed for everybody once there is one, and check what it signs', async () => {
  await using door = await openDoor()
  expect(await door.call('GET /-/npm/v1/keys')).toMatchObject({ status: 404, body: { code: 'npm.no_keys' } })

  const text = 'left-pad@1.0.0:sha512-abc=='
  const { keyid, sig } = await door.kernel.resolve(RegistryKeys).sign(text)
  const { status, body } = await door.call('GET /-/npm/v1/keys')
  expect(status).toBe(200)
  const { keys } = body as { keys: { key: string }[] }
  expect(keys).toEqual([{ keyid, keytype: 'ecdsa-sha2-nistp256', scheme: 'ecdsa-sha2-nistp256', key: expect.any(String), expires: null }])
  // As npm builds the key.
  const pem = `-----BEGIN PUBLIC KEY-----\n${keys[0]?.key}\n-----END PUBLIC KEY-----`
  expect(verify('sha256', Buffer.from(text), createPublicKey(pem), Buffer.from(sig, 'base64'))).toBe(true)
})
