import { Type } from '@sinclair/typebox'
import { expect, onTestFinished, test } from 'vitest'
import { defineEffect, onEvent } from '../../src/shared/kernel/effect.ts'
import { defineEvent } from '../../src/shared/kernel/event.ts'
import { createEffectsFixture, type EffectsProcess, eventually, type ProcessOptions } from '../support/effects-fixture.ts'

const Counted = defineEvent('test.counted', Type.Object({ n: Type.Integer() }))

async function startOne(options: ProcessOptions): Promise<EffectsProcess> {
  const fixture = await createEffectsFixture()
  onTestFinished(() => fixture[Symbol.asyncDispose]())
  return fixture.start(options)
}

test('a listener that throws fails neither the publisher nor the other listeners', async () => {
  const { events, log } = await startOne({ effects: [] })
  const heard: number[] = []
  events.on(Counted, () => {
    throw new Error('a bug in a listener')
  })
  const stop = events.on(Counted, ({ n }) => heard.push(n))
  await events.emit(Counted, { n: 1 })
  stop()
  await events.emit(Counted, { n: 2 })
  expect(heard).toEqual([1])
  expect(log.lines.filter(({ message }) => message === 'event listener failed')).toHaveLength(2)
})

test('a payload that does not fit its schema is refused and leaves nothing behind', async () => {
  const { events, database } = await startOne({ effects: [] })
  const wrong: { n: number } = JSON.parse('{"n":"seven"}')
  await expect(events.emit(Counted, wrong)).rejects.toThrow('payload of test.counted does not fit its schema: /n Expected integer')
  expect(await database.sql`select id from outbox`).toEqual([])
})

test('listeners get the envelope with the time of the database', async () => {
  const { events, database } = await startOne({ effects: [] })
  const envelopes: unknown[] = []
  events.on(Counted, (_, envelope) => envelopes.push(envelope))
  await events.emit(Counted, { n: 1 })
  const [row] = await database.sql<{ id: string; at: string }>`select event_id as id, at from outbox`
  expect(envelopes).toEqual([{ id: row?.id, name: 'test.counted', version: 1, at: row?.at, actor: null, trace: null, payload: { n: 1 } }])
})

test('the run of a process that died is taken over when its claim has ended', async () => {
  const runs: number[] = []
  const effect = defineEffect({ name: 'test.record', trigger: onEvent(Counted), deps: {}, run: async ({ n }) => void runs.push(n) })
  const timing = { sweepEveryMs: 100, lostAfterMs: 0, pollMs: 50 }
  const { database, engine } = await startOne({ effects: [effect], timing })
  await engine.service.drain(10_000)
  await database.sql`
    with fact as (
      insert into outbox (event_id, name, version, payload, origin, relayed)
      values (gen_random_uuid(), 'test.counted', 1, '{"n":9}', 'dead', true) returning id
    )
    insert into effect_runs (outbox_id, effect, claimed_until) select id, 'test.record', now() + interval '1 second' from fact`
  await eventually(() => runs.length === 1)
  expect(runs).toEqual([9])
})

test('rows that a process left unrelayed are relayed by another', async () => {
  const runs: number[] = []
  const effect = defineEffect({ name: 'test.record', trigger: onEvent(Counted), deps: {}, run: async ({ n }) => void runs.push(n) })
  const { database, events } = await startOne({ effects: [effect], timing: { pollMs: 50 } })
  const heard: number[] = []
  events.on(Counted, ({ n }) => heard.push(n))
  await database.sql`
    insert into outbox (event_id, name, version, payload, origin) values (gen_random_uuid(), 'test.counted', 1, '{"n":4}', 'killed')`
  await eventually(() => runs.length === 1)
  expect({ runs, heard }).toEqual({ runs: [4], heard: [4] })
})

test('the sweeper clears old rows away, but none with a run that is not done', async () => {
  const { database } = await startOne({ effects: [], timing: { sweepEveryMs: 50, keepMs: 60_000, pollMs: 60_000 } })
  await database.sql`
    insert into outbox (event_id, name, version, origin, relayed, at)
    select gen_random_uuid(), 'test.row_' || n, 1, 'x', n <> 3, now() - case n when 4 then interval '1 second' else interval '2 minutes' end
    from generate_series(1, 4) as n`
  await database.sql`
    insert into effect_runs (outbox_id, effect, state, run_after)
    select id, 'test.gone', case name when 'test.row_2' then 'dead' else 'done' end, now() from outbox where name in ('test.row_1', 'test.row_2')`
  const names = async () => (await database.sql<{ name: string }>`select name from outbox order by id`).map(({ name }) => name)
  await eventually(async () => !(await names()).includes('test.row_1'))
  // Not relayed at its first sight, it goes with a later sweep; what is dead or young stays.
  await eventually(async () => !(await names()).includes('test.row_3'))
  expect(await names()).toEqual(['test.row_2', 'test.row_4'])
})
