import { expect, test } from 'vitest'
import { emptyConfig, imageType, openDoor, sha256 } from './open-door.ts'

const dockerType = 'application/vnd.docker.distribution.manifest.v2+json'

test('a manifest that does not say its type is to each repository what it was pushed as there', async () => {
  await using door = await openDoor()
  const manifest = JSON.stringify({ schemaVersion: 2, config: emptyConfig, layers: [] })
  const typeAt = async (as: string) => {
    const answer = await door.send('GET', `/v2/${as}/app/manifests/${sha256(manifest)}`, { as })
    return answer.headers.get('content-type')
  }
  for (const [as, mediaType] of [
    ['ann', imageType],
    ['bob', dockerType],
  ] as const) {
    await door.user(as)
    await door.client(as).pushBlob(`${as}/app`, '{}')
    await door.expectStatus(door.client(as).putManifest(`${as}/app latest`, manifest, mediaType), 201)
  }
  expect([await typeAt('ann'), await typeAt('bob')]).toEqual([imageType, dockerType])
  const again = await door.client('bob').putManifest('bob/app other', manifest, imageType)
  expect([again.status, await typeAt('bob')]).toEqual([201, dockerType])
})
