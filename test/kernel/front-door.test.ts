import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { startKernel } from '../../src/shared/kernel/kernel.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'
import { createTestHome } from '../../src/shared/testing/start-test-kernel.ts'
import { freePort } from '../support/run-registry.ts'

const hello = defineHandler({
  method: 'POST',
  url: '/hello',
  auth: 'anonymous',
  summary: 'Greets',
  schema: {},
  deps: {},
  handle: async (_request, _deps, reply) => reply.send('hello'),
})

const slowModule = (migrations: string, setup: () => Promise<void>) =>
  defineModule({
    name: 'slow',
    description: 'Migrates for long',
    config: Type.Object({}),
    deps: {},
    provides: {},
    migrations: pathToFileURL(`${migrations}/`),
    async setup() {
      await setup()
      return {}
    },
    handlers: [hello],
  })

const migration = (seconds: number, reason = '') => `
import { Migration } from ${JSON.stringify(new URL('../../node_modules/@mikro-orm/migrations/index.js', import.meta.url).href)}
export class Slow extends Migration {
  up() { this.addSql('select pg_sleep(${seconds})'); ${reason} }
}`

async function slowStart(content: string, setup: () => Promise<void> = async () => {}) {
  const home = await createTestHome()
  const folder = await mkdtemp(join(tmpdir(), 'gati-migrations-'))
  await writeFile(join(folder, '2026-01-01-slow.js'), content)
  const port = await freePort()
  const kernel = { port, databaseUrl: home.databaseUrl, dataDir: home.dataDir, redisUrl: '' }
  const config = { env: {}, kernel, modules: [slowModule(folder, setup)] }
  const log = recordLog()
  const starting = startKernel({ config, modules: [], createLog: () => log, listenEarly: true })
  starting.catch(() => undefined)
  return {
    starting,
    url: `http://127.0.0.1:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      await starting.then(
        (kernel) => kernel.stop(),
        () => undefined,
      )
      await rm(folder, { recursive: true, force: true })
      await home[Symbol.asyncDispose]()
    },
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    ({ status }) => status === 200,
    () => false,
  )

test('D-37: while migrations and setup run the process lives, is not ready, and sends everybody away for a second', async () => {
  const setup = Promise.withResolvers<void>()
  await using start = await slowStart(migration(2), () => setup.promise)
  const { url } = start
  await expect.poll(() => answers(url), { interval: 10 }).toBe(true)
  const health = await fetch(`${url}/health?x=1`)
  expect([health.status, await health.json()]).toMatchObject([200, { status: 'ok', service: 'gati-registry' }])
  const ready = await fetch(`${url}/ready`)
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: 'starting', checks: { migrations: { status: 'pending' }, modules: { status: 'pending' } } },
  ])
  const early = await fetch(`${url}/hello`, { method: 'POST', body: 'x'.repeat(1_000_000) })
  expect([early.status, early.headers.get('retry-after'), early.headers.get('content-type')]).toEqual([
    503,
    '1',
    'application/problem+json',
  ])
  expect(await early.json()).toMatchObject({ code: 'service.starting', status: 503, requestId: early.headers.get('x-request-id') })
  const checks = async () => ((await (await fetch(`${url}/ready`)).json()) as { checks: object }).checks
  await expect.poll(checks, { timeout: 10_000 }).toEqual({ migrations: { status: 'up' }, modules: { status: 'pending' } })
  setup.resolve()
  const kernel = await start.starting
  expect(await kernel.listen()).toBe(url)
  expect((await fetch(`${url}/ready`)).status).toBe(200)
  expect(await (await fetch(`${url}/hello`, { method: 'POST' })).text()).toBe('hello')
  await kernel.stop()
  await expect(fetch(`${url}/health`)).rejects.toThrow()
})

test('D-37: from the first answer on no connection is refused, and one that was opened early is served late', async () => {
  await using start = await slowStart(migration(0.3))
  const { url, port } = start
  await expect.poll(() => answers(url), { interval: 5 }).toBe(true)
  const early = connect(port, '127.0.0.1')
  await once(early, 'connect')
  let over = false
  const statuses = new Set<number>()
  const ask = async () => {
    while (!over) statuses.add((await fetch(`${url}/ready`)).status)
  }
  const asking = Promise.all([ask(), ask(), ask()])
  const kernel = await start.starting
  await kernel.listen()
  await sleep(200)
  over = true
  await asking
  expect(statuses).toEqual(new Set([503, 200]))
  early.write('POST /hello HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n')
  const text = await early.setEncoding('utf8').toArray()
  expect(text.join('')).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*hello$/i)
})

test('a start that fails gives the port back', async () => {
  await using start = await slowStart(migration(0.3, "this.addSql('select nonsense')"))
  await expect.poll(() => answers(start.url), { interval: 5 }).toBe(true)
  await expect(start.starting).rejects.toThrow(/migration slow\/2026-01-01-slow failed/)
  await expect(fetch(`${start.url}/health`)).rejects.toThrow()
})

test('a stop before the port was taken over gives it back', async () => {
  await using start = await slowStart(migration(0))
  const kernel = await start.starting
  expect(await answers(start.url)).toBe(true)
  await kernel.stop()
  await expect(fetch(`${start.url}/health`)).rejects.toThrow()
})
