import { request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Door, imageOf, imageType, openDoor, some } from './open-door.ts'

const maxManifestSize = 65_536
const pushOf = (length: number) => ({ 'content-type': imageType, 'content-length': length, expect: '100-continue' })

/** A push that announces its body and does not send it: what the registry says to that. */
function announce({ origin }: Door, path: string, { authorization, length }: { authorization: string; length: number }) {
  const client = request(new URL(path, origin), { method: 'PUT', headers: { authorization, ...pushOf(length) } })
  const answered = new Promise<{ status: number; retryAfter: string | undefined }>((resolve) => {
    client.on('response', (answer) => resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'] }))
  })
  client.on('error', () => undefined)
  client.flushHeaders()
  return { client, answered: Promise.race([answered, delay(3_000, { status: 0, retryAfter: undefined }, { ref: false })]) }
}

test('a manifest is not read from somebody who may not push it there', async () => {
  await using door = await openDoor({ settings: { oci: { maxManifestSize } } })
  for (const name of ['acme', 'eve']) await door.user(name)
  await door.client('acme').pushImage('acme/secret latest')
  await door.makePublic('acme', 'acme')
  const made = await door.send('POST', '/v1/tokens', {
    as: 'acme',
    body: JSON.stringify({ name: 'reader', scopes: ['read'] }),
    headers: { 'content-type': 'application/json' },
  })
  const reader = `Bearer ${made.json<{ token: string }>().token}`
  const path = '/v2/acme/secret/manifests/next'
  for (const authorization of [door.basic('eve'), reader]) {
    const { client, answered } = announce(door, path, { authorization, length: 10_000 })
    expect((await answered).status).toBe(403)
    client.destroy()
  }
})

test('more manifests at once than may be held are answered 503, and small ones count by their bytes', async () => {
  await using door = await openDoor({ settings: { oci: { maxManifestSize, maxManifestsHeld: 1 } } })
  await door.user('acme')
  const acme = door.client('acme')
  await acme.pushImage('acme/app first')
  const authorization = door.basic('acme')
  const held = announce(door, '/v2/acme/app/manifests/held', { authorization, length: 60_000 })
  held.client.write('{')
  await delay(200)
  const refused = announce(door, '/v2/acme/app/manifests/second', { authorization, length: 60_000 })
  expect(await refused.answered).toEqual({ status: 503, retryAfter: '2' })
  refused.client.destroy()
  expect((await acme.putManifest('acme/app small', imageOf([]))).status).toBe(201)
  held.client.destroy()
  const large = () => acme.putManifest('acme/app large', imageOf([], { annotations: { pad: some(20_000).toString('hex') } }))
  await expect.poll(async () => (await large()).status).toBe(201)
})
