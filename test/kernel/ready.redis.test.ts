import { expect, test } from 'vitest'
import { startTestKernel } from '../../src/shared/testing/start-test-kernel.ts'
import { startRedisServer } from '../support/redis-server.ts'

test.each(['killed', 'frozen'] as const)('D-19: /ready shows a %s Redis and its queue, stays 200, and answers quickly', async (how) => {
  await using redis = await startRedisServer()
  await using kernel = await startTestKernel({ modules: [], kernel: { redisUrl: redis.url } })
  const ask = async () => {
    const begun = performance.now()
    const answer = await kernel.http.inject('/ready')
    expect(performance.now() - begun).toBeLessThan(900)
    const { status, checks } = answer.json()
    return [answer.statusCode, status, checks.database.status, checks.redis.status, checks.queue.status]
  }
  const healthy = [200, 'ready', 'up', 'up', 'up']
  await expect.poll(ask, { timeout: 10_000 }).toEqual(healthy)
  if (how === 'killed') await redis.kill()
  else redis.freeze()
  await expect.poll(ask, { timeout: 15_000 }).toEqual([200, 'degraded', 'up', 'down', 'down'])
  if (how === 'killed') await redis.start()
  else redis.thaw()
  await expect.poll(ask, { timeout: 15_000 }).toEqual(healthy)
})
