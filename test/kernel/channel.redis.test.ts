import { randomBytes, randomInt } from 'node:crypto'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { openRedisChannel } from '../../src/shared/kernel/channel-redis.ts'
import { createLocalCaches } from '../../src/shared/kernel/local-cache.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { channelContract, collect, countResets } from '../contracts/channel.contract.ts'
import { startRedisServer, testRedisUrl } from '../support/redis-server.ts'

channelContract('Redis', async () => {
  const place = randomBytes(6).toString('hex')
  const url = new URL(testRedisUrl())
  url.pathname = `/${randomInt(1, 16)}`
  const admin = new Redis(testRedisUrl())
  return {
    open: (instanceId, log) => openRedisChannel({ url: url.href, instanceId: `${place}-${instanceId}`, log }),
    async cutAll() {
      const lines = String(await admin.client('LIST')).split('\n')
      for (const line of lines.filter((one) => one.includes(`name=gati-channel:${place}-`)))
        await admin.client('KILL', 'ID', /^id=(\d+)/.exec(line)?.[1] ?? '')
    },
    async [Symbol.asyncDispose]() {
      await admin.quit()
    },
  }
})

test('Redis killed and started again: neither throws, nothing is live meanwhile, caches reload (D-19)', async () => {
  await using server = await startRedisServer()
  const log = recordLog()
  const [a, b] = await Promise.all([
    openRedisChannel({ url: server.url, instanceId: 'a', log }),
    openRedisChannel({ url: server.url, instanceId: 'b', log }),
  ])
  const cache = createLocalCaches({ channel: b, log }).create<{ n: number }>({ name: 'tokens', maxEntries: 10, ttlMs: 60_000 })
  let n = 0
  const load = async () => ({ n: ++n })
  await expect.poll(() => a.live && b.live).toBe(true)
  await cache.get('t', load)
  const resets = countResets(b)
  const heard = collect(b, 'names')
  await server.kill()
  await expect.poll(() => a.live || b.live).toBe(false)
  a.publish('names', 'lost')
  await server.start()
  await expect.poll(() => a.live && b.live && resets.count > 0, { timeout: 10_000 }).toBe(true)
  expect(await cache.get('t', load)).toEqual({ n: 2 })
  a.publish('names', 'after')
  await expect.poll(() => heard).toEqual(['after'])
  expect(log.lines.filter((line) => line.message === 'channel connection lost')).toHaveLength(2)
  await Promise.all([a.close(), b.close()])
})

test('a frozen Redis ends live within two seconds, and it returns with the answers', async () => {
  await using server = await startRedisServer()
  const channel = await openRedisChannel({ url: server.url, instanceId: 'a', log: recordLog() })
  await expect.poll(() => channel.live).toBe(true)
  server.freeze()
  await expect.poll(() => channel.live, { timeout: 2_200 }).toBe(false)
  server.thaw()
  await expect.poll(() => channel.live, { timeout: 10_000 }).toBe(true)
  await channel.close()
})

test('an invalidation in one process is seen by the other (D-21)', async () => {
  await using server = await startRedisServer()
  const log = recordLog()
  const channels = await Promise.all(['a', 'b'].map((instanceId) => openRedisChannel({ url: server.url, instanceId, log })))
  const [onA, onB] = channels.map((channel) =>
    createLocalCaches({ channel, log }).create<{ revoked: boolean }>({ name: 'tokens', maxEntries: 10, ttlMs: 60_000 }),
  )
  await expect.poll(() => channels.every((channel) => channel.live)).toBe(true)
  let revoked = false
  const load = async () => ({ revoked })
  expect(await onB?.get('t', load)).toEqual({ revoked: false })
  revoked = true
  expect(await onB?.get('t', load)).toEqual({ revoked: false })
  onA?.invalidate('t')
  await expect.poll(() => onB?.get('t', load), { timeout: 1_000, interval: 5 }).toEqual({ revoked: true })
  await Promise.all(channels.map((channel) => channel.close()))
})

test('no Redis at the start neither throws nor blocks', async () => {
  await using server = await startRedisServer()
  await server.kill()
  const log = recordLog()
  const channel = await openRedisChannel({ url: server.url, instanceId: 'a', log })
  expect(channel.live).toBe(false)
  channel.publish('names', 'nobody hears it')
  await server.start()
  await expect.poll(() => channel.live, { timeout: 8_000 }).toBe(true)
  await channel.close()
})
