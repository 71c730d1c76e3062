import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startRedisServer } from '../support/redis-server.ts'
import { expectStatus, parsed } from './connection.ts'
import { Client, createToken, startRegistry } from './registry.ts'
import { packTarballs, sha256, variant } from './tarballs.ts'

interface EffectList {
  readonly effects: readonly { readonly name: string; readonly waiting: number; readonly dead: number }[]
}

const count = 20

test.each(['killed', 'frozen'] as const)('D-19: with a %s Redis everything is answered, effects wait, and none is lost', async (how) => {
  await using redis = await startRedisServer()
  await using registry = await startRegistry({ env: { REDIS_URL: redis.url } })
  const client = new Client(registry.url, await createToken(registry.url))
  const [tarball] = await packTarballs()
  if (!tarball) throw new Error('npm packed nothing')
  expectStatus(await client.publish(tarball, '1.0.0'), 201)
  if (how === 'killed') await redis.kill()
  else redis.freeze()

  const began = performance.now()
  for (let index = 0; index < count; index += 1) {
    const content = variant(tarball, index + 1)
    const version = `2.0.${index}`
    expectStatus(await client.publish(content, version), 201)
    await client.verify({ artifact: tarball.name, version, digest: sha256(content.bytes) })
    expectStatus(await client.call(`/v1/artifacts/admin/${tarball.name}/${version}`, { method: 'DELETE' }), 204)
  }
  console.log(`${how}: ${Math.round((performance.now() - began) / count)} ms per publish, fetch and unpublish`)
  expectStatus(await client.call('/v1/auth/whoami'), 200)
  expect(await createToken(registry.url)).toMatch(/^gati_/)
  await untilWaiting(client, (waiting) => waiting >= count)

  if (how === 'killed') await redis.start()
  else redis.thaw()
  await untilWaiting(client, (waiting) => waiting === 0)
  const { effects } = parsed<EffectList>(await client.call('/v1/admin/effects'))
  expect(effects.map(({ dead }) => dead)).toEqual(effects.map(() => 0))
})

async function untilWaiting(client: Client, isEnough: (waiting: number) => boolean): Promise<void> {
  const until = performance.now() + 60_000
  for (let count = await waiting(client); !isEnough(count); count = await waiting(client)) {
    if (performance.now() > until) throw new Error(`${count} effects wait after a minute`)
    await delay(100)
  }
}

async function waiting(client: Client): Promise<number> {
  const { effects } = parsed<EffectList>(expectStatus(await client.call('/v1/admin/effects'), 200))
  return effects.reduce((sum, effect) => sum + effect.waiting, 0)
}
