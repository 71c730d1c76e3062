import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Type } from '@sinclair/typebox'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Database } from '../../src/shared/kernel/database.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { startTestKernel, type TestHome, type TestKernel } from '../../src/shared/testing/start-test-kernel.ts'
import { createTestDatabase, type TestDatabase } from '../../src/shared/testing/test-database.ts'
import { fileUrl, runSnippet } from '../support/node-process.ts'

let folder: string
let database: TestDatabase
let home: TestHome

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gati-migrations-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

beforeEach(async () => {
  database = await createTestDatabase()
  home = { databaseUrl: database.url, dataDir: folder, [Symbol.asyncDispose]: async () => {} }
  return () => database[Symbol.asyncDispose]()
})

/** A module with a migration per statement, run in this order: files are read in the order of their names. */
async function moduleWith(name: string, ...statements: string[]) {
  const migrations = await mkdtemp(join(folder, `${name}-`))
  for (const [index, statement] of statements.entries()) {
    const code = `import { Migration } from '${import.meta.resolve('@mikro-orm/migrations')}'
      export class Step extends Migration { up() { this.addSql(${JSON.stringify(statement)}) } }`
    await writeFile(join(migrations, `2026-01-0${index + 1}-step.mjs`.replace('.mjs', '.js')), code)
  }
  await writeFile(join(migrations, 'package.json'), '{"type":"module"}')
  const url = pathToFileURL(`${migrations}/`)
  return defineModule({ name, description: name, config: Type.Object({}), deps: {}, provides: {}, setup: () => ({}), migrations: url })
}

const applied = async (kernel: TestKernel): Promise<string[]> =>
  (await kernel.resolve(Database).sql<{ name: string }>`select name from kernel_migrations order by id`).map(({ name }) => name)

test('migrations run once and in order; those of a module that was added are applied at the next start', async () => {
  const first = await moduleWith('first', 'create table a (n int)', 'alter table a add column m int', 'insert into a values (1, 2)')
  const kernel = await startTestKernel({ modules: [first], home })
  const names = await applied(kernel)
  expect(names.slice(-3)).toEqual(['first/2026-01-01-step', 'first/2026-01-02-step', 'first/2026-01-03-step'])
  expect(names[0]).toMatch(/^kernel\//)
  await kernel.stop()
  const second = await moduleWith('second', 'create table b (n int)')
  await using next = await startTestKernel({ modules: [first, second], home })
  expect(await applied(next)).toEqual([...names, 'second/2026-01-01-step'])
  expect(await next.resolve(Database).sql`select * from a`).toEqual([{ n: 1, m: 2 }])
})

test('a failing migration stops the boot, is named and leaves those before it; mended, the next start goes on', async () => {
  const broken = await moduleWith('broken', 'create table a (n int)', 'create table a (n int)', 'create table c (n int)')
  await expect(startTestKernel({ modules: [broken], home })).rejects.toThrow(/broken\/2026-01-02-step/)
  await using kernel = await startTestKernel({ modules: [], home })
  const names = await applied(kernel)
  expect(names.at(-1)).toBe('broken/2026-01-01-step')
  const mended = await moduleWith('broken', 'create table a (n int)', 'create table b (n int)')
  await using next = await startTestKernel({ modules: [mended], home })
  expect(await applied(next)).toEqual([...names, 'broken/2026-01-02-step'])
})

test('a migration that fails half way leaves nothing of itself', async () => {
  const halfway = await moduleWith('halfway', 'create table a (n int); insert into a values (1); select 1/0')
  await expect(startTestKernel({ modules: [halfway], home })).rejects.toThrow(/halfway\/2026-01-01-step/)
  await using kernel = await startTestKernel({ modules: [], home })
  const [row] = await kernel.resolve(Database).sql`select to_regclass('a') is null as gone`
  expect(row).toEqual({ gone: true })
})

test('a file that holds no migration is named', async () => {
  const empty = await moduleWith('empty')
  await writeFile(new URL('2026-01-01-nothing.js', empty.migrations), 'export const nothing = 1')
  await expect(startTestKernel({ modules: [empty], home })).rejects.toThrow(/empty\/2026-01-01-nothing does not export a migration class/)
})

test('kernels that start at the same instant on an empty database apply each migration once (D-37)', async () => {
  const slow = await moduleWith('slow', 'create table a (n int); select pg_sleep(0.3)', 'insert into a values (1)')
  const kernels = await Promise.all([1, 2, 3].map(() => startTestKernel({ modules: [slow], home })))
  const [kernel] = kernels
  if (!kernel) throw new Error('no kernel')
  const names = await applied(kernel)
  expect(new Set(names).size).toBe(names.length)
  expect(await kernel.resolve(Database).sql`select * from a`).toEqual([{ n: 1 }])
  await Promise.all(kernels.map((one) => one[Symbol.asyncDispose]()))
})

test('a start with nothing to migrate does not load the migrator', async () => {
  const snippet = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    const { openKernelDatabase } = await import('${fileUrl('src/shared/kernel/kernel-database.ts')}')
    const { bootSettings } = await import('${fileUrl('src/shared/kernel/boot-settings.ts')}')
    const { discoverModules } = await import('${fileUrl('src/shared/kernel/discover.ts')}')
    const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
    const modules = await discoverModules(new URL('${fileUrl('src/modules/')}'))
    const { kernel } = bootSettings({ env: process.env }, [])
    const open = await openKernelDatabase(kernel, [...modules].reverse(), log)
    await open.close()
    console.log(loaded.length > 50, loaded.filter((url) => url.includes('/@mikro-orm/migrations/')).length)`
  await using migrated = await createTestDatabase(process.env['GATI_TEST_TEMPLATE'])
  expect(await runSnippet(snippet, { env: { DATABASE_URL: migrated.url } })).toBe('true 0\n')
})
