import { expect, test } from 'vitest'
import { startRedisServer } from '../../support/redis-server.ts'
import { openNotifications } from './open-notifications.ts'
import { openReceiver } from './receiver.ts'

test('D-29 what is published while Redis is away is delivered once when it is back', { timeout: 60_000 }, async () => {
  await using redis = await startRedisServer()
  await using receiver = await openReceiver()
  await using registry = await openNotifications({ kernel: { redisUrl: redis.url } })
  const ann = await registry.user('ann')
  const body = { url: receiver.url, events: ['metadata.version_published'] }
  expect((await registry.request('POST', '/v1/namespaces/ann/webhooks', { as: 'ann', body })).statusCode).toBe(201)
  await registry.publish(ann, 'ann/lib', { version: '1.0.0' })
  await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(1)
  await redis.kill()
  for (const major of [2, 3, 4]) await registry.publish(ann, 'ann/lib', { version: `${major}.0.0` })
  await redis.start()
  await expect.poll(() => receiver.received.length, { timeout: 40_000 }).toBe(4)
  await registry.settled()
  expect(receiver.received.map(({ body }) => JSON.parse(body).subject).toSorted()).toEqual(
    [1, 2, 3, 4].map((major) => `ann/lib@${major}.0.0`),
  )
})
