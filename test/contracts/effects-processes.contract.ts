import { setTimeout as delay } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { describe, expect, test } from 'vitest'
import { defineEffect, type Effect, onDemand } from '../../src/shared/kernel/effect.ts'
import { type EffectsFixture, type EffectsProcess, effectsFixtures, eventually } from '../support/effects-fixture.ts'
import { Counted, type EffectsBackend, recorder, upTo } from '../support/effects-recorder.ts'

export function effectsProcessesContract({ name, redisUrl, countJobs, wipe }: EffectsBackend): void {
  describe(`effects of several processes, and after one has gone, on ${name}`, () => {
    const use = effectsFixtures(redisUrl)

    /** A process that has looked for what waited, and from now on takes only what it is told of. */
    const startIdle = async (fixture: EffectsFixture, effect: Effect<never>): Promise<EffectsProcess> => {
      const process = await fixture.start({ effects: [effect], timing: { pollMs: 60_000 } })
      await eventually(async () => (await process.engine.queueHealth()).status === 'up')
      await delay(1_000)
      return process
    }

    /** A run that waits while its job is lost. */
    const leaveRun = async (fixture: EffectsFixture, effect: Effect<never>): Promise<EffectsProcess> => {
      const api = await fixture.start({ effects: [effect], role: 'api' })
      await api.events.emit(Counted, { n: 1 })
      await eventually(async () => (await countJobs(api)) === 1)
      await wipe(api)
      return api
    }

    test('two processes share the work and no run happens twice', () =>
      use(async (fixture) => {
        const one = recorder({ concurrency: 2, work: () => delay(20) })
        const two = recorder({ concurrency: 2, work: () => delay(20) })
        const first = await fixture.start({ effects: [one.effect] })
        await fixture.start({ effects: [two.effect] })
        await Promise.all(upTo(400).map((n) => first.events.emit(Counted, { n })))
        await first.engine.service.drain(25_000)
        expect([...one.runs, ...two.runs].toSorted((a, b) => a - b)).toEqual(upTo(400))
        expect(one.runs.length).toBeGreaterThan(40)
        expect(two.runs.length).toBeGreaterThan(40)
      }))

    test('a process of role api relays but leaves effects to a worker; listeners hear events of both', () =>
      use(async (fixture) => {
        const mine = recorder()
        const theirs = recorder()
        const api = await fixture.start({ effects: [mine.effect], role: 'api' })
        const worker = await fixture.start({ effects: [theirs.effect], role: 'worker' })
        const heard: [string, number][] = []
        api.events.on(Counted, ({ n }) => heard.push(['api', n]))
        worker.events.on(Counted, ({ n }) => heard.push(['worker', n]))
        await api.events.emit(Counted, { n: 1 })
        await worker.events.emit(Counted, { n: 2, key: 'x'.repeat(9_000) })
        await api.engine.service.drain(10_000)
        await eventually(() => heard.length >= 4)
        expect({ mine: mine.runs, theirs: theirs.runs.toSorted() }).toEqual({ mine: [], theirs: [1, 2] })
        expect(heard.map(String).toSorted()).toEqual(['api,1', 'api,2', 'worker,1', 'worker,2'])
      }))

    test('processes with different effects leave each other their work', () =>
      use(async (fixture) => {
        const mine = recorder({ name: 'test.mine' })
        const theirs = recorder({ name: 'test.theirs' })
        const asked: number[] = []
        const wanted = defineEffect({
          name: 'test.wanted',
          trigger: onDemand(Type.Object({ n: Type.Integer() })),
          deps: {},
          run: async ({ n }) => void asked.push(n),
        })
        const timing = { pollMs: 100, sweepEveryMs: 200, lostAfterMs: 100 }
        const newer = await fixture.start({ effects: [theirs.effect, wanted], timing })
        await eventually(async () => (await newer.database.sql`select effect from effect_listeners`).length === 2)
        await newer.stop()
        const older = await fixture.start({ effects: [mine.effect], timing })
        await older.events.emit(Counted, { n: 1 })
        await older.engine.service.request(wanted, { n: 2 })
        await eventually(() => mine.runs.length === 1)
        const waiting = await older.database.sql`select name from outbox where not relayed`
        expect({ waiting, theirs: theirs.runs, asked }).toEqual({ waiting: [{ name: 'effect:test.wanted' }], theirs: [], asked: [] })
        const again = await fixture.start({ effects: [theirs.effect, wanted], timing })
        await older.events.emit(Counted, { n: 3 })
        await again.engine.service.drain(15_000)
        expect({ mine: mine.runs, theirs: theirs.runs, asked }).toEqual({ mine: [1, 3], theirs: [1, 3], asked: [2] })
      }))

    test('events that an effect does not want get no run, whoever relays them; what an older release declared gets them all', () =>
      use(async (fixture) => {
        const { effect, runs } = recorder({ unless: { key: 'no' } })
        const worker = await fixture.start({ effects: [effect], timing: { pollMs: 60_000 } })
        const { sql } = worker.database
        const declared = () => sql`select unless from effect_listeners`
        await eventually(async () => JSON.stringify(await declared()) === '[{"unless":{"key":"no"}}]')
        const { events, engine } = await fixture.start({ effects: [] })
        await events.emit(Counted, { n: 1, key: 'no' })
        await events.emit(Counted, { n: 2, key: 'yes' })
        await worker.events.emit(Counted, { n: 3, key: 'no' })
        await worker.events.emit(Counted, { n: 4 })
        await engine.service.drain(10_000)
        await worker.engine.service.drain(10_000)
        expect(runs.toSorted()).toEqual([2, 4])
        expect(await sql`select count(*) from effect_runs`).toEqual([{ count: 2 }])
        await sql`update effect_listeners set unless = null`
        await worker.events.emit(Counted, { n: 5, key: 'no' })
        await worker.engine.service.drain(10_000)
        expect(runs.toSorted()).toEqual([2, 4, 5])
      }))

    test('a run whose job was lost is found by the sweeper', () =>
      use(async (fixture) => {
        const { effect, runs } = recorder()
        const api = await leaveRun(fixture, effect)
        // Not due while the worker starts, which looks for what waits.
        await api.database.sql`update effect_runs set run_after = now() + interval '1 second'`
        const worker = await fixture.start({ effects: [effect], role: 'worker', timing: { sweepEveryMs: 200, lostAfterMs: 100 } })
        await worker.engine.service.drain(10_000)
        expect(runs).toEqual([1])
      }))

    test('a process that starts does what waited, without a job and without a sweep', () =>
      use(async (fixture) => {
        const { effect, runs } = recorder()
        await leaveRun(fixture, effect)
        const worker = await fixture.start({ effects: [effect], role: 'worker' })
        await worker.engine.service.drain(10_000)
        expect(runs).toEqual([1])
      }))

    test('what a process that was killed had claimed is done when its lease ends', () =>
      use(async (fixture) => {
        const { effect, runs } = recorder()
        const api = await leaveRun(fixture, effect)
        await api.database.sql`update effect_runs set claimed_until = now() + interval '2 seconds'`
        const worker = await fixture.start({ effects: [effect], role: 'worker' })
        await worker.engine.service.drain(10_000)
        expect(runs).toEqual([1])
      }))

    test('work that the database refused to claim is tried again', () =>
      use(async (fixture) => {
        const { effect, runs } = recorder()
        const { events, engine, database } = await fixture.start({ effects: [effect] })
        await database.sql`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'not now'; end $$`
        await database.sql`create trigger refused before update on effect_runs for each row execute function refuse()`
        await events.emit(Counted, { n: 1 })
        await delay(500)
        await database.sql`drop trigger refused on effect_runs`
        await engine.service.drain(15_000)
        expect(runs).toEqual([1])
      }))

    test('what a process leaves at its stop, another one does at once', () =>
      use(async (fixture) => {
        const slow = recorder({ work: () => delay(200) })
        const other = recorder()
        const first = await fixture.start({ effects: [slow.effect] })
        const second = await startIdle(fixture, other.effect)
        await Promise.all(upTo(5).map((n) => first.events.emit(Counted, { n })))
        await eventually(() => slow.runs.length >= 1)
        await first.stop()
        expect(slow.runs.length).toBeLessThan(5)
        await second.engine.service.drain(5_000)
        expect([...slow.runs, ...other.runs].toSorted()).toEqual(upTo(5))
      }))

    test('stop lets running effects end, and queued work survives the restart', () =>
      use(async (fixture) => {
        const before = recorder({ work: () => delay(150) })
        const first = await fixture.start({ effects: [before.effect] })
        await Promise.all(upTo(5).map((n) => first.events.emit(Counted, { n })))
        await eventually(() => before.runs.length >= 1)
        await first.stop()
        // What ran may end, what waited may not begin: how many that is depends on when the stop came.
        expect(before.runs.length).toBeLessThan(5)
        const after = recorder()
        // No sweep comes within the test: what waits is found at the start.
        const second = await fixture.start({ effects: [after.effect] })
        await second.engine.service.drain(10_000)
        expect([...before.runs, ...after.runs].toSorted()).toEqual(upTo(5))
      }))

    test('stop does not wait for the spacing of an effect, and what waited for it another process does at once', () =>
      use(async (fixture) => {
        const spacingMs = 60_000
        const [mine, other] = [recorder({ spacingMs }), recorder({ spacingMs })]
        const first = await fixture.start({ effects: [mine.effect] })
        await first.events.emit(Counted, { n: 0 })
        await eventually(() => mine.runs.length === 1)
        await startIdle(fixture, other.effect)
        await first.events.emit(Counted, { n: 1 })
        const isRelayed = async () => (await first.database.sql`select from effect_runs where state = 'queued'`).length === 1
        await eventually(isRelayed)
        const from = performance.now()
        await first.stop()
        expect(performance.now() - from).toBeLessThan(4_000)
        await eventually(() => other.runs.length === 1)
        expect({ mine: mine.runs, other: other.runs }).toEqual({ mine: [0], other: [1] })
      }))

    test('an effect that obeys its signal at stop is not counted as failed', () =>
      use(async (fixture) => {
        let started = false
        const obedient = recorder({
          attempts: 1,
          work: (_n: number, _attempt: number, signal: AbortSignal) => {
            started = true
            return delay(30_000, undefined, { signal })
          },
        })
        const first = await fixture.start({ effects: [obedient.effect] })
        await first.events.emit(Counted, { n: 1 })
        await eventually(() => started)
        const stoppedAt = performance.now()
        await first.stop()
        expect(performance.now() - stoppedAt).toBeLessThan(4_000)
        const after = recorder({ attempts: 1 })
        const second = await fixture.start({ effects: [after.effect], timing: { sweepEveryMs: 200, lostAfterMs: 100 } })
        await second.engine.service.drain(10_000)
        expect(after.runs).toEqual([1])
        expect(await second.engine.service.deadLetters(10)).toEqual([])
      }))
  })
}
