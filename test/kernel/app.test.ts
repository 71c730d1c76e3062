import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTestHome, type TestHome } from '../../src/shared/testing/start-test-kernel.ts'
import { fileUrl, type NodeProcess, startNode } from '../support/node-process.ts'
import { runSql } from '../support/run-sql.ts'

/** An installation of its own: a folder with a configuration that brings a module. */
const config = `
  import { defineConfig, defineEffect, defineEvent, defineHandler, defineModule, Database, Events, onEvent, Transaction } from 'gati-registry/kernel'
  import { setTimeout as delay } from 'node:timers/promises'
  import { Type } from '${import.meta.resolve('@sinclair/typebox')}'
  const PulseSent = defineEvent('pulse.sent', Type.Object({ n: Type.Integer() }))
  const send = defineHandler({
    method: 'POST', url: '/v1/pulses/:n', auth: 'anonymous', summary: 'Sends a pulse', tags: ['pulse'],
    schema: { params: Type.Object({ n: Type.Integer() }) }, deps: { events: Events, transaction: Transaction },
    async handle({ params }, { events, transaction }) {
      process.stdout.write('request began\\n')
      await delay(params.n)
      await transaction.run(() => events.emit(PulseSent, params))
      return undefined
    },
  })
  const note = defineEffect({
    name: 'pulse.note', trigger: onEvent(PulseSent), deps: { database: Database },
    run: async ({ n }, { database }) => void (await database.sql\`insert into pulses values (\${n}, \${process.pid})\`),
  })
  const pulse = defineModule({
    name: 'pulse', description: 'Beats', config: Type.Object({}), provides: {},
    deps: { database: Database, events: Events, transaction: Transaction },
    async setup({ database }) { await database.sql\`create table if not exists pulses (n int, pid int)\`; return {} },
    handlers: [send], effects: [note], events: [PulseSent],
  })
  export default defineConfig({ env: process.env, modules: [pulse] })`

const app = fileURLToPath(fileUrl('src/app.ts'))
let home: TestHome
let folder: string

beforeEach(async () => {
  home = await createTestHome()
  folder = await mkdtemp(join(tmpdir(), 'gati-app-'))
  await writeFile(join(folder, 'registry.config.ts'), config)
})
afterEach(async () => {
  await home[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const start = (env: Record<string, string> = {}): NodeProcess =>
  startNode([app], {
    cwd: folder,
    env: {
      DATABASE_URL: home.databaseUrl,
      REGISTRY_DATA_DIR: home.dataDir,
      REGISTRY_PORT: '0',
      REGISTRY_ADMIN_PASSWORD: 'admin-password-1',
      ...env,
    },
  })
const urlOf = async (running: NodeProcess): Promise<string> => (await running.match(/ready at (\S+)/))[1] ?? ''

test('SIGTERM lets the request in flight finish and ends with status 0; the next signal within a second changes nothing', async () => {
  await using running = start()
  const url = await urlOf(running)
  const answer = fetch(`${url}/v1/pulses/700`, { method: 'POST' })
  await running.match(/request began/)
  running.signal('SIGTERM')
  await delay(100)
  running.signal('SIGTERM')
  expect((await answer).status).toBe(200)
  expect(await running.exited).toBe(0)
})

test('a second signal after a second does not wait', async () => {
  await using running = start()
  const url = await urlOf(running)
  const answer = fetch(`${url}/v1/pulses/20000`, { method: 'POST' }).catch(() => 'cut')
  await running.match(/request began/)
  running.signal('SIGTERM')
  await delay(1_200)
  const begun = performance.now()
  running.signal('SIGINT')
  expect(await running.exited).toBe(1)
  expect(performance.now() - begun).toBeLessThan(8_000)
  expect(await answer).toBe('cut')
})

test('a signal during the boot ends the process cleanly', async () => {
  await using running = start({ REGISTRY_LOG_LEVEL: 'debug' })
  await running.match(/\S/)
  running.signal('SIGTERM')
  expect(await running.exited, running.output()).toBe(0)
})

test('an api and a worker process share a database: what one emits runs in the other', async () => {
  await using api = start({ REGISTRY_ROLE: 'api' })
  const url = await urlOf(api)
  await using worker = start({ REGISTRY_ROLE: 'worker' })
  const workerUrl = await urlOf(worker)
  expect((await fetch(`${workerUrl}/health`)).status).toBe(200)
  expect((await fetch(`${workerUrl}/v1/pulses/1`, { method: 'POST' })).status).toBe(404)
  for (const n of [1, 2]) expect((await fetch(`${url}/v1/pulses/${n}`, { method: 'POST' })).status).toBe(200)
  const pulses = () => runSql<{ n: number; pid: number }>(home.databaseUrl, 'select n, pid from pulses order by n')
  await expect.poll(pulses, { timeout: 10_000 }).toEqual([1, 2].map((n) => ({ n, pid: worker.pid })))
})

test('a wrong setting stops the boot with status 1 and says what to mend', async () => {
  await using running = start({ REGISTRY_PORT: 'x', REGISTRY_AUTH_REGISTRATION: 'maybe' })
  expect(await running.exited).toBe(1)
  expect(running.output()).toMatch(/kernel \/port: Expected integer \(REGISTRY_PORT\)/)
  expect(running.output()).toMatch(/module auth \/registration: Expected .*\(REGISTRY_AUTH_REGISTRATION\)/)
})

test('a port that is taken ends the process with status 1 before anything else is started', async () => {
  await using first = start()
  const { port } = new URL(await urlOf(first))
  const dataDir = await mkdtemp(join(tmpdir(), 'gati-taken-'))
  try {
    await using second = start({ REGISTRY_PORT: port, DATABASE_URL: '', REGISTRY_DATA_DIR: dataDir })
    expect(await second.exited).toBe(1)
    expect(second.output()).toMatch(/EADDRINUSE/)
    expect(await readdir(dataDir)).toEqual([])
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
