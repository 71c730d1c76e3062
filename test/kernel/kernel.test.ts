import { Type } from '@sinclair/typebox'
import { expect, test } from 'vitest'
import { Database } from '../../src/shared/kernel/database.ts'
import { defineHandler } from '../../src/shared/kernel/handler.ts'
import { defineModule } from '../../src/shared/kernel/module.ts'
import { service } from '../../src/shared/kernel/service.ts'
import { fake, startTestKernel } from '../../src/shared/testing/start-test-kernel.ts'

interface Clock {
  now(): string
}
const Clock = service<Clock>('test.clock')

const tell = defineHandler({
  method: 'GET',
  url: '/time',
  auth: 'anonymous',
  summary: 'Tells the time',
  schema: { response: { 200: Type.Object({ now: Type.String(), one: Type.Integer() }) } },
  deps: { clock: Clock, database: Database },
  async handle(_request, { clock, database }) {
    const [row] = await database.sql<{ one: number }>`select ${1}::int as one`
    return { now: clock.now(), one: row?.one ?? 0 }
  },
})

const teller = defineModule({
  name: 'teller',
  description: 'Tells the time',
  config: Type.Object({ zone: Type.String({ default: 'utc' }) }),
  deps: { clock: Clock, database: Database },
  provides: {},
  setup: () => ({}),
  handlers: [tell],
})

test('a module answers through the real kernel with a literal fake behind it', async () => {
  await using kernel = await startTestKernel({ modules: [teller], provide: [fake(Clock, { now: () => 'noon' })] })
  const answer = await kernel.http.inject('/time')
  expect(answer.json()).toEqual({ now: 'noon', one: 1 })
})

test('a module that lacks a provider does not start', async () => {
  await expect(startTestKernel({ modules: [teller] })).rejects.toThrow(/module teller needs test.clock, which no module provides/)
})
