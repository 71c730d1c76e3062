import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Type } from '@sinclair/typebox'
import { expect, test, vi } from 'vitest'
import { Database, Transaction } from '../../src/shared/kernel/database.ts'
import { openEmbeddedPostgres } from '../../src/shared/kernel/embedded-postgres.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { startTestKernel, type TestKernel } from '../../src/shared/testing/start-test-kernel.ts'

const write = defineHandler({
  method: 'POST',
  url: '/v1/notes',
  auth: 'anonymous',
  summary: 'Writes a note',
  schema: { response: { 201: Type.Object({ n: Type.Integer() }) } },
  deps: { database: Database, transaction: Transaction },
  async handle(_request, { database, transaction }, reply) {
    const [row] = await transaction.run(() => database.sql<{ n: number }>`insert into notes default values returning n`)
    return reply.code(201).send({ n: row?.n ?? 0 })
  },
})

const notes = defineModule({
  name: 'notes',
  description: 'Keeps notes',
  config: Type.Object({}),
  deps: { database: Database, transaction: Transaction },
  provides: {},
  async setup({ database }) {
    await database.sql`create table if not exists notes (n serial)`
    return {}
  },
  handlers: [write],
})

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const ready = async (kernel: TestKernel): Promise<number> => (await kernel.http.inject('/ready')).statusCode

test('without its database the kernel lives, says so, refuses writes quickly, and recovers by itself (D-19)', {
  timeout: 60_000,
}, async () => {
  // Every refused request is an error in the log, on purpose.
  using _quiet = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const dataDir = await mkdtemp(join(tmpdir(), 'gati-degrade-'))
  let server = await openEmbeddedPostgres({ dataDir, log: silent })
  const home = { databaseUrl: server.url, dataDir, [Symbol.asyncDispose]: async () => {} }
  const kernel = await startTestKernel({ modules: [notes], home, kernel: { databasePoolSize: 3 } })
  const post = () => kernel.http.inject({ method: 'POST', url: '/v1/notes' })
  try {
    expect((await post()).statusCode).toBe(201)
    // Twice: what an outage leaks, such as a connection that never returns to its pool, shows at the next one.
    for (const _outage of [1, 2]) {
      const inFlight = Promise.all(Array.from({ length: 20 }, post))
      await server.stop()
      for (const { statusCode } of await inFlight) expect([201, 503]).toContain(statusCode)
      expect((await kernel.http.inject('/health')).statusCode).toBe(200)
      const answer = await kernel.http.inject('/ready')
      expect([answer.statusCode, answer.json().checks.database.status]).toEqual([503, 'down'])
      const begun = performance.now()
      const refused = await post()
      expect(performance.now() - begun).toBeLessThan(2_500)
      expect(refused.statusCode).toBe(503)
      expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(2)
      expect(refused.json()).toMatchObject({ code: 'service.unavailable', status: 503 })
      server = await openEmbeddedPostgres({ dataDir, log: silent })
      await expect.poll(() => ready(kernel), { timeout: 10_000 }).toBe(200)
      const after = await Promise.all(Array.from({ length: 20 }, post))
      expect(after.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(201))
    }
  } finally {
    await kernel.stop()
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
})
