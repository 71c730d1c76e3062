import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Database, Transaction } from '../../src/shared/kernel/database.ts'
import { defineEffect, onEvent } from '../../src/shared/kernel/effect.ts'
import { defineEvent } from '../../src/shared/kernel/event.ts'
import { Events } from '../../src/shared/kernel/events.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { KernelInfo } from '../../src/shared/kernel/kernel-info.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { createTestHome, startTestKernel } from '../../src/shared/testing/start-test-kernel.ts'

const PulseSent = defineEvent('pulse.sent', Type.Object({ n: Type.Integer() }))

const sendPulse = defineHandler({
  method: 'POST',
  url: '/v1/pulses/:n',
  auth: 'anonymous',
  summary: 'Sends a pulse',
  schema: { params: Type.Object({ n: Type.Integer() }), response: { 200: Type.Object({ sent: Type.Integer() }) } },
  deps: { events: Events, transaction: Transaction },
  async handle({ params }, { events, transaction }) {
    await transaction.run(() => events.emit(PulseSent, params))
    return { sent: params.n }
  },
})

const notePulse = defineEffect({
  name: 'pulse.note',
  trigger: onEvent(PulseSent),
  deps: { database: Database, info: KernelInfo },
  async run({ n }, { database, info }) {
    await database.sql`insert into pulses values (${n}, ${info.role})`
  },
})

const pulse = defineModule({
  name: 'pulse',
  description: 'Beats',
  config: Type.Object({}),
  deps: { database: Database, events: Events, transaction: Transaction, info: KernelInfo },
  provides: {},
  async setup({ database }) {
    await database.sql`create table if not exists pulses (n int, role text)`
    return {}
  },
  handlers: [sendPulse],
  effects: [notePulse],
  events: [PulseSent],
})

test('a worker answers /health and /ready and no API route', async () => {
  await using worker = await startTestKernel({ modules: [pulse], kernel: { role: 'worker' } })
  expect((await worker.http.inject('/health')).statusCode).toBe(200)
  expect((await worker.http.inject('/ready')).statusCode).toBe(200)
  expect((await worker.http.inject('/metrics')).statusCode).toBe(200)
  expect((await worker.http.inject({ method: 'POST', url: '/v1/pulses/1' })).statusCode).toBe(404)
  expect((await worker.http.inject('/v1/admin/effects')).statusCode).toBe(404)
  const { paths } = (await worker.http.inject('/openapi.json')).json()
  expect(Object.keys(paths).filter((path) => path.startsWith('/v1'))).toEqual([])
})

test('an api process runs no effect: what it emits waits until a worker is there and runs in that one, once', async () => {
  await using home = await createTestHome()
  await using api = await startTestKernel({ modules: [pulse], home, kernel: { role: 'api' }, allowDeadLetters: true })
  for (const n of [1, 2, 3]) expect((await api.http.inject({ method: 'POST', url: `/v1/pulses/${n}` })).json()).toEqual({ sent: n })
  await expect(api.resolve(Database).sql`select * from pulses`).resolves.toEqual([])
  await expect(api.drainEffects(500)).rejects.toThrow(/not done/)
  await using worker = await startTestKernel({ modules: [pulse], home, kernel: { role: 'worker' } })
  await worker.drainEffects()
  await api.http.inject({ method: 'POST', url: '/v1/pulses/4' })
  await api.drainEffects()
  const rows = await api.resolve(Database).sql`select n, role from pulses order by n`
  expect(rows).toEqual([1, 2, 3, 4].map((n) => ({ n, role: 'worker' })))
})

test('kernels on one home share its tables and events, and each listener hears an event of the other', async () => {
  await using home = await createTestHome()
  await using one = await startTestKernel({ modules: [pulse], home })
  await using other = await startTestKernel({ modules: [pulse], home })
  const heard: number[] = []
  other.resolve(Events).on(PulseSent, ({ n }) => void heard.push(n))
  await one.http.inject({ method: 'POST', url: '/v1/pulses/7' })
  await expect.poll(() => heard).toEqual([7])
  await one.drainEffects()
  expect(await other.resolve(Database).sql`select n from pulses`).toEqual([{ n: 7 }])
})
