import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import type { Cache } from '../../src/shared/kernel/cache.ts'
import { createMemoryCache } from '../../src/shared/kernel/cache-memory.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { moduleOf, startHttp } from '../support/http-fixture.ts'

const rateLimit = { max: 2, windowMs: 60_000 }
const limited = defineHandler({
  method: 'GET',
  url: '/limited/:n',
  auth: 'anonymous',
  summary: 'Limited',
  rateLimit,
  schema: { params: Type.Object({ n: Type.String() }) },
  deps: {},
  handle: async (_request, _deps, reply) => reply.send('ok'),
})

const limitedToo = defineHandler({
  ...{ method: 'GET', url: '/limited-too', auth: 'anonymous', summary: 'Limited together with the other', rateLimit, schema: {}, deps: {} },
  handle: async (_request, _deps, reply) => reply.send('ok'),
})

const free = defineHandler({
  ...{ method: 'GET', url: '/free', auth: 'anonymous', summary: 'Not limited', schema: {}, deps: {} },
  handle: async (_request, _deps, reply) => reply.send('ok'),
})

const things = moduleOf('things', [limited, limitedToo, free], { prefix: '/v1' })

test('a limit of a handler is counted per client, over all its URLs, and answers 429 with Retry-After', async () => {
  await using fixture = await startHttp({ modules: [things] })
  const statuses = async (headers = {}) => {
    const answers = []
    for (const n of [1, 2, 3]) answers.push(await fixture.http.inject({ url: `/v1/limited/${n}`, headers }))
    return answers
  }
  const byAddress = await statuses()
  expect(byAddress.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429])
  expect(byAddress[2]?.json()).toMatchObject({ code: 'request.rate_limited', requestId: expect.any(String) })
  expect(Number(byAddress[2]?.headers['retry-after'])).toBeGreaterThan(50)
  expect((await statuses({ authorization: 'Bearer ann:read' })).map(({ statusCode }) => statusCode)).toEqual([200, 200, 429])
  expect((await statuses({ authorization: 'Bearer ben:read' })).map(({ statusCode }) => statusCode)).toEqual([200, 200, 429])
})

test('limits are shared through the cache, and counted per process while it is down', async () => {
  const cache = createMemoryCache({ maxBytes: 1_000_000 })
  let down = false
  const flaky: Cache = {
    ...cache,
    increment: (key, windowMs) => (down ? Promise.reject(new Error('redis is gone')) : cache.increment(key, windowMs)),
  }
  await using one = await startHttp({ modules: [things], cache: flaky })
  await using two = await startHttp({ modules: [things], cache: flaky })
  const ask = async ({ http }: typeof one) => (await http.inject('/v1/limited/1')).statusCode
  expect([await ask(one), await ask(two), await ask(one), await ask(two)]).toEqual([200, 200, 429, 429])
  down = true
  expect([await ask(one), await ask(one), await ask(one), await ask(two)]).toEqual([200, 200, 429, 200])
})

test('routes with one limit count together, whichever of them a process is asked for first', async () => {
  const cache = createMemoryCache({ maxBytes: 1_000_000 })
  await using one = await startHttp({ modules: [things], cache })
  await using two = await startHttp({ modules: [things], cache })
  const ask = async ({ http }: typeof one, url: string) => (await http.inject(`/v1/${url}`)).statusCode
  expect([await ask(one, 'limited-too'), await ask(two, 'limited/1'), await ask(two, 'limited-too')]).toEqual([200, 200, 429])
})

test('the limit over all routes also counts failed credentials, but no probes', async () => {
  await using fixture = await startHttp({ modules: [things], settings: { rateLimitMax: 2 } })
  const ask = async (token?: string) =>
    (await fixture.http.inject({ url: '/v1/free', headers: token ? { authorization: `Bearer ${token}` } : {} })).statusCode
  expect([await ask('bad'), await ask('bad'), await ask('bad'), await ask()]).toEqual([401, 401, 429, 429])
  expect((await fixture.http.inject('/health')).statusCode).toBe(200)
})
