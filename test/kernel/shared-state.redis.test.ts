import { expect, test } from 'vitest'
import { Cache } from '../../src/shared/kernel/cache.ts'
import { Channel } from '../../src/shared/kernel/channel.ts'
import { createTestHome, startTestKernel } from '../../src/shared/testing/start-test-kernel.ts'
import { testRedisUrl } from '../support/redis-server.ts'

test('registries on one Redis share nothing; processes of one registry share counters and messages', async () => {
  const kernel = { redisUrl: testRedisUrl() }
  await using home = await createTestHome()
  await using one = await startTestKernel({ modules: [], home, kernel })
  await using same = await startTestKernel({ modules: [], home, kernel })
  await using other = await startTestKernel({ modules: [], kernel })
  const heard: string[] = []
  same.resolve(Channel).on('names', (message) => void heard.push(`same ${message}`))
  other.resolve(Channel).on('names', (message) => void heard.push(`other ${message}`))
  one.resolve(Channel).publish('names', 'hello')
  const count = async (where: typeof one) => (await where.resolve(Cache).increment('logins', 60_000)).count
  expect([await count(one), await count(same), await count(other)]).toEqual([1, 2, 1])
  await expect.poll(() => heard).toEqual(['same hello'])
})
