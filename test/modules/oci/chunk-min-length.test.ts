import { expect, test } from 'vitest'
import { openDoor } from './open-door.ts'

test('3: OCI-Chunk-Min-Length is said when it is set', async () => {
  await using door = await openDoor({ settings: { oci: { chunkMinLength: 4_096 } } })
  await door.user('ada')
  const opened = await door.send('POST', '/v2/ada/app/blobs/uploads/', { as: 'ada' })
  expect([opened.status, opened.headers.get('oci-chunk-min-length')]).toEqual([202, '4096'])
})
