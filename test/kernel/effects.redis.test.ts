import { Type } from '@sinclair/typebox'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { defineEffect, onEvent } from '../../src/shared/kernel/effect.ts'
import { defineEvent } from '../../src/shared/kernel/event.ts'
import { findRegistryId } from '../../src/shared/kernel/registry-id.ts'
import { effectsContract } from '../contracts/effects.contract.ts'
import { effectsProcessesContract } from '../contracts/effects-processes.contract.ts'
import { createEffectsFixture, type EffectsProcess, eventually } from '../support/effects-fixture.ts'
import type { EffectsBackend } from '../support/effects-recorder.ts'
import { startRedisServer, testRedisUrl } from '../support/redis-server.ts'

const withRedis = async <T>({ database }: EffectsProcess, work: (redis: Redis, prefix: string) => Promise<T>): Promise<T> => {
  const registryId = await findRegistryId(database)
  const redis = new Redis(testRedisUrl())
  try {
    return await work(redis, `gati:${registryId}:effects`)
  } finally {
    redis.disconnect()
  }
}

const backend: EffectsBackend = {
  name: 'Redis',
  redisUrl: testRedisUrl(),
  countJobs: (process) => withRedis(process, async (redis, prefix) => Number(await redis.get(`${prefix}:id`))),
  wipe: (process) =>
    withRedis(process, async (redis, prefix) => {
      const keys = await redis.keys(`${prefix}:*`)
      if (keys.length > 0) await redis.del(...keys)
    }),
}

effectsContract(backend)
effectsProcessesContract(backend)

test('a Redis that is away holds up neither publishing nor stopping nor what a worker relays itself, and loses nothing', async () => {
  const redis = await startRedisServer()
  await redis.kill()
  const fixture = await createEffectsFixture(redis.url)
  onTestFinished(async () => {
    await fixture[Symbol.asyncDispose]()
    await redis[Symbol.asyncDispose]()
  })
  const Counted = defineEvent('test.counted', Type.Object({ n: Type.Integer() }))
  const runs: number[] = []
  const effect = defineEffect({ name: 'test.record', trigger: onEvent(Counted), deps: {}, run: async ({ n }) => void runs.push(n) })
  const api = await fixture.start({ effects: [effect], role: 'api' })
  const emitAt = performance.now()
  for (const n of [1, 2, 3]) await api.events.emit(Counted, { n })
  expect(performance.now() - emitAt).toBeLessThan(5_000)
  const stopAt = performance.now()
  await api.stop()
  expect(performance.now() - stopAt).toBeLessThan(15_000)
  expect(runs).toEqual([])

  const worker = await fixture.start({ effects: [effect] })
  await eventually(() => runs.length === 3, 20_000)
  await redis.start()
  await eventually(async () => (await worker.engine.queueHealth()).status === 'up', 20_000)
  await redis.kill()
  const outageAt = performance.now()
  for (const n of [4, 5]) await worker.events.emit(Counted, { n })
  expect(performance.now() - outageAt).toBeLessThan(5_000)
  await eventually(() => runs.length === 5, 5_000)
  await redis.start()
  await worker.engine.service.drain(20_000)
  expect(runs).toEqual([1, 2, 3, 4, 5])
})
