import { expect, test } from 'vitest'
import { Database } from '../../../src/shared/kernel/database.ts'
import { type Door, indexType, openDoor } from './open-door.ts'

/** ada's namespace is public and binds semantic versions; bob only reads. */
async function openBound(): Promise<Door> {
  const door = await openDoor()
  for (const name of ['ada', 'bob']) await door.user(name)
  const body = '{"visibility":"public","settings":{"immutableTags":"semver"}}'
  await door.expectStatus(
    door.send('PATCH', '/v1/namespaces/ada', { as: 'ada', body, headers: { 'content-type': 'application/json' } }),
    200,
  )
  return door
}

const statuses = (door: Door, paths: readonly string[]) =>
  Promise.all(paths.map(async (path) => (await door.send('GET', `/v2/ada/app/${path}`, { as: 'bob' })).status))

test('what a plain tag names stays readable when a version of the same bytes is unpublished', async () => {
  await using door = await openBound()
  const ada = door.client('ada')
  const image = await ada.pushImage('ada/app 1.2.3')
  expect((await ada.putManifest('ada/app latest', image.text)).status).toBe(201)
  expect((await ada.call('DELETE', '/v2/ada/app/manifests/1.2.3')).status).toBe(202)
  const paths = ['manifests/latest', `manifests/${image.digest}`, `blobs/${image.layer}`, 'manifests/1.2.3']
  expect(await statuses(door, paths)).toEqual([200, 200, 200, 404])
})

test('a plain tag shows nothing of a version that is held back', async () => {
  await using door = await openBound()
  const ada = door.client('ada')
  const image = await ada.pushImage('ada/app 1.2.3')
  expect((await ada.putManifest('ada/app latest', image.text)).status).toBe(201)
  await door.kernel.resolve(Database).sql`update versions set state = 'quarantined'`
  const paths = ['manifests/latest', `manifests/${image.digest}`, `blobs/${image.layer}`]
  // What is remembered of names and states is at most 5 s old.
  await expect.poll(() => statuses(door, paths), { timeout: 8_000, interval: 500 }).toEqual([404, 404, 404])
})

test('a version of an index keeps its manifests, whoever deletes them by tag or digest', async () => {
  await using door = await openBound()
  const ada = door.client('ada')
  const [amd, arm] = [await ada.pushImage('ada/app 1.0.0-amd64'), await ada.pushImage('ada/app plain-arm64')]
  const manifests = [amd, arm].map(({ digest, text }) => ({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest,
    size: text.length,
  }))
  const index = { schemaVersion: 2, mediaType: indexType, manifests }
  expect((await ada.putManifest('ada/app 1.0.0', index, indexType)).status).toBe(201)
  expect((await ada.call('DELETE', '/v2/ada/app/manifests/1.0.0-amd64')).status).toBe(202)
  const refused = await ada.call('DELETE', `/v2/ada/app/manifests/${arm.digest}`)
  expect([refused.status, refused.code]).toEqual([405, 'UNSUPPORTED'])
  await door.kernel.drainEffects()
  const paths = ['manifests/1.0.0', ...[amd, arm].flatMap(({ digest, layer }) => [`manifests/${digest}`, `blobs/${layer}`])]
  expect(await statuses(door, paths)).toEqual([200, 200, 200, 200, 200])
  expect((await ada.call('DELETE', '/v2/ada/app/manifests/1.0.0')).status).toBe(202)
  await door.kernel.drainEffects()
  expect((await ada.call('DELETE', `/v2/ada/app/manifests/${arm.digest}`)).status).toBe(202)
})
