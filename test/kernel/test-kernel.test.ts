import { access } from 'node:fs/promises'
import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Database } from '../../src/shared/kernel/database.ts'
import { defineEffect, onDemand } from '../../src/shared/kernel/effect.ts'
import { Effects } from '../../src/shared/kernel/effects.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { service } from '../../src/shared/kernel/service.ts'
import {
  createTestHome,
  fake,
  startTestKernel,
  type TestKernel,
  type TestKernelOptions,
} from '../../src/shared/testing/start-test-kernel.ts'
import { runSql } from '../support/run-sql.ts'

interface Scale {
  weigh(thing: string): number
}
const Scale = service<Scale>('test.scale')

const weigh = defineEffect({
  name: 'weights.weigh',
  trigger: onDemand(Type.Object({ thing: Type.String() })),
  deps: { scale: Scale, database: Database },
  attempts: 2,
  backoffMs: 1,
  async run({ thing }, { scale, database }) {
    await database.sql`insert into weights values (${thing}, ${scale.weigh(thing)})`
  },
})

const weights = defineModule({
  name: 'weights',
  description: 'Weighs',
  config: Type.Object({ unit: Type.String({ default: 'g' }) }),
  deps: { scale: Scale, database: Database },
  provides: {},
  async setup({ database }, { unit }) {
    await database.sql`create table if not exists weights (thing text, weight int)`
    await database.sql`create table if not exists units (unit text)`
    await database.sql`insert into units values (${unit})`
    return {}
  },
  effects: [weigh],
})

const scale = fake(Scale, {
  weigh(thing) {
    if (thing === 'air') throw new Error('too light')
    return thing.length
  },
})

const start = (options: Partial<TestKernelOptions> = {}): Promise<TestKernel> =>
  startTestKernel({ modules: [weights], provide: [scale], ...options })

async function exists(databaseUrl: string): Promise<boolean> {
  const name = /\/(t_\w+)/.exec(databaseUrl)?.[1] ?? ''
  const rows = await runSql(databaseUrl.replace(`/${name}`, '/postgres'), `select from pg_database where datname = '${name}'`)
  return rows.length === 1
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

test('a fake stands in for a service, and drainEffects waits for the work behind a request', async () => {
  await using kernel = await start()
  await kernel.resolve(Effects).request(weigh, { thing: 'feather' })
  await kernel.drainEffects()
  expect(await kernel.resolve(Database).sql`select * from weights`).toEqual([{ thing: 'feather', weight: 7 }])
})

test('a kernel that is disposed with a dead letter fails its test, and cleans up all the same', async () => {
  const kernel = await start()
  await kernel.resolve(Effects).request(weigh, { thing: 'air' })
  await expect(kernel[Symbol.asyncDispose]()).rejects.toThrow('effects failed for good: weights.weigh: Error: too light')
  expect(await exists(kernel.home.databaseUrl)).toBe(false)
  expect(await isThere(kernel.home.dataDir)).toBe(false)
})

test('a test that expects dead letters says so', async () => {
  await using kernel = await start({ allowDeadLetters: true })
  await kernel.resolve(Effects).request(weigh, { thing: 'air' })
  await kernel.drainEffects()
  expect(await kernel.resolve(Effects).deadLetters(10)).toMatchObject([{ effect: 'weights.weigh', attempts: 2, payload: { thing: 'air' } }])
})

test('the database and the folder of a kernel go with it, also when it does not start', async () => {
  const kernel = await start()
  const { databaseUrl, dataDir } = kernel.home
  expect([await exists(databaseUrl), await isThere(dataDir)]).toEqual([true, true])
  await kernel[Symbol.asyncDispose]()
  expect([await exists(databaseUrl), await isThere(dataDir)]).toEqual([false, false])
  await expect(startTestKernel({ modules: [weights] })).rejects.toThrow(/test.scale/)
})

test('a home outlives its kernels: the next one finds what the last one wrote', async () => {
  await using home = await createTestHome()
  const first = await start({ home })
  await first.resolve(Effects).request(weigh, { thing: 'stone' })
  await first.drainEffects()
  await first.stop()
  await using second = await start({ home })
  expect(await second.resolve(Database).sql`select thing from weights`).toEqual([{ thing: 'stone' }])
  await first[Symbol.asyncDispose]()
  expect(await exists(home.databaseUrl)).toBe(true)
})

test('kernels do not see each other without a common home', async () => {
  await using one = await start()
  await using other = await start()
  await one.resolve(Database).sql`insert into weights values ('x', 1)`
  expect(await other.resolve(Database).sql`select * from weights`).toEqual([])
})

test('settings of a module are given by its name, and the environment wins over them', async () => {
  await expect(start({ settings: { weights: { unit: 5 } } })).rejects.toThrow(/module weights \/unit: Expected string/)
  await using kernel = await start({
    settings: { weights: { unit: 'kg' } },
    env: { REGISTRY_WEIGHTS_UNIT: 'mg', REGISTRY_LOG_LEVEL: 'warn' },
  })
  expect(await kernel.resolve(Database).sql`select unit from units`).toEqual([{ unit: 'mg' }])
  expect(kernel.settings.logLevel).toBe('warn')
})
