import { setTimeout as delay } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Database } from '../../src/shared/kernel/database.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { type Service, service } from '../../src/shared/kernel/service.ts'
import { createTestHome, startTestKernel } from '../../src/shared/testing/start-test-kernel.ts'
import { administer } from '../../src/shared/testing/test-database.ts'
import { runSql } from '../support/run-sql.ts'

interface Part {
  readonly name: string
}
const part = (name: string) => service<Part>(name)

interface PartOptions {
  readonly needs?: readonly Service<Part>[]
  readonly fail?: 'setup' | 'dispose'
  readonly closed: string[]
}

/** Provides one service that notes when it is disposed. */
function moduleOf(name: string, { needs = [], fail, closed }: PartOptions) {
  return defineModule({
    name,
    description: name,
    config: Type.Object({}),
    deps: { ...Object.fromEntries(needs.map((need) => [need.id, need])), database: Database },
    provides: { part: part(name), again: part(`${name}.again`) },
    setup: async ({ database }) => {
      await (database as Database).ping()
      if (fail === 'setup') throw new Error('on purpose')
      const own = {
        name,
        async [Symbol.asyncDispose]() {
          // The database must still be there.
          await (database as Database).ping()
          closed.push(name)
          if (fail === 'dispose') throw new Error('on purpose')
        },
      }
      return { part: own, again: own }
    },
  })
}

const connections = async (databaseUrl: string): Promise<number> => {
  const [row] = await runSql<{ n: string }>(
    databaseUrl,
    'select count(*) as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  return Number(row?.n)
}

test('services are disposed in reverse order, once, also past one that throws, and nothing stays open', async () => {
  await using home = await createTestHome()
  const closed: string[] = []
  const modules = [
    moduleOf('top', { needs: [part('middle')], closed }),
    moduleOf('middle', { needs: [part('bottom')], fail: 'dispose', closed }),
    moduleOf('bottom', { closed }),
  ]
  const kernel = await startTestKernel({ modules, home })
  expect(await connections(home.databaseUrl)).toBeGreaterThan(0)
  await Promise.all([kernel.stop(), kernel.stop()])
  expect(closed).toEqual(['top', 'middle', 'bottom'])
  expect(kernel.log.lines.filter(({ level }) => level === 'error')).toMatchObject([{ fields: { step: 'module middle' } }])
  await expect.poll(() => connections(home.databaseUrl)).toBe(0)
  await kernel.stop()
  expect(closed).toHaveLength(3)
})

test('a module that fails stops the boot with its name; what was set up before it is disposed and nothing stays open', async () => {
  await using home = await createTestHome()
  const closed: string[] = []
  const modules = [moduleOf('bottom', { closed }), moduleOf('broken', { needs: [part('bottom')], fail: 'setup', closed })]
  const cause = new Error('on purpose')
  await expect(startTestKernel({ modules, home })).rejects.toMatchObject({ message: 'module broken failed to start: on purpose', cause })
  expect(closed).toEqual(['bottom'])
  await expect.poll(() => connections(home.databaseUrl)).toBe(0)
})

test('a module that does not provide what it declares does not start', async () => {
  const liar = defineModule({
    name: 'liar',
    description: 'Promises',
    config: Type.Object({}),
    deps: {},
    provides: { part: part('part') },
    setup: () => ({}) as never,
  })
  await expect(startTestKernel({ modules: [liar] })).rejects.toThrow(
    'module liar failed to start: it declares part and does not provide it',
  )
})

test('a boot that cannot reach its database, or mount a route, leaves nothing open', async () => {
  await using home = await createTestHome()
  const missing = { ...home, databaseUrl: home.databaseUrl.replace(/\/t_\w+/, '/absent') }
  await expect(startTestKernel({ modules: [], home: missing })).rejects.toThrow(/absent/)
  const route = defineHandler({
    method: 'GET',
    url: '/x',
    auth: 'anonymous',
    summary: 'x',
    schema: {},
    deps: {},
    handle: async () => undefined,
  })
  const twice = defineModule({
    name: 'twice',
    description: 'Mounts one route twice',
    config: Type.Object({}),
    deps: {},
    provides: {},
    setup: () => ({}),
    handlers: [route, route],
  })
  await expect(startTestKernel({ modules: [twice], home })).rejects.toThrow(/already declared/)
  await expect.poll(() => connections(home.databaseUrl)).toBe(0)
})

const slow = (started: () => void) =>
  defineModule({
    name: 'slow',
    description: 'Takes its time',
    config: Type.Object({}),
    deps: { database: Database },
    provides: {},
    setup: () => ({}),
    handlers: [
      defineHandler({
        method: 'GET',
        url: '/slow/:ms',
        auth: 'anonymous',
        summary: 'Answers late',
        schema: { params: Type.Object({ ms: Type.Integer() }), response: { 200: Type.Object({ one: Type.Integer() }) } },
        deps: { database: Database },
        async handle({ params }, { database }) {
          started()
          await delay(params.ms)
          const [row] = await database.sql<{ one: number }>`select 1 as one`
          return { one: row?.one ?? 0 }
        },
      }),
    ],
  })

test('a stop lets requests in flight finish, with their database, and takes no new ones', async () => {
  const started = Promise.withResolvers<void>()
  const kernel = await startTestKernel({ modules: [slow(started.resolve)] })
  const url = await kernel.listen()
  const answer = fetch(`${url}/slow/400`)
  await started.promise
  const stopping = kernel.stop()
  await expect
    .poll(() =>
      fetch(`${url}/health`).then(
        () => 'answered',
        () => 'refused',
      ),
    )
    .toBe('refused')
  expect(await (await answer).json()).toEqual({ one: 1 })
  await stopping
  await kernel[Symbol.asyncDispose]()
})

test('a stop waits for at most drainTimeoutMs', async () => {
  const started = Promise.withResolvers<void>()
  const kernel = await startTestKernel({ modules: [slow(started.resolve)], kernel: { drainTimeoutMs: 200 } })
  const url = await kernel.listen()
  const answer = fetch(`${url}/slow/20000`).then(
    () => 'answered',
    () => 'cut',
  )
  await started.promise
  const begun = performance.now()
  await kernel.stop()
  expect(performance.now() - begun).toBeLessThan(10_000)
  expect(await answer).toBe('cut')
  await kernel[Symbol.asyncDispose]()
})

test('a database that goes away while the kernel stops does not hang the stop', async () => {
  const home = await createTestHome()
  const kernel = await startTestKernel({ modules: [], home })
  const name = /\/(t_\w+)/.exec(home.databaseUrl)?.[1] ?? ''
  await administer(home.databaseUrl.replace(`/${name}`, '/postgres'), `drop database ${name} with (force)`)
  const begun = performance.now()
  await kernel.stop()
  expect(performance.now() - begun).toBeLessThan(10_000)
  await home[Symbol.asyncDispose]()
})

test('a variable that no setting knows is warned about at boot, without its value', async () => {
  await using kernel = await startTestKernel({ modules: [], env: { REGISTRY_LOG_LEVLE: 'hunter2' } })
  const warnings = kernel.log.lines.filter(({ level }) => level === 'warn')
  expect(warnings).toEqual([
    { level: 'warn', fields: { variable: 'REGISTRY_LOG_LEVLE', closest: 'REGISTRY_LOG_LEVEL' }, message: 'no setting has this variable' },
  ])
})
