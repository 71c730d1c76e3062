import { setTimeout as delay } from 'node:timers/promises'
import { Type } from '@sinclair/typebox'
import { describe, expect, test } from 'vitest'
import { defineEffect, onDemand, onEvent, onSchedule } from '../../src/shared/kernel/effect.ts'
import { defineEvent } from '../../src/shared/kernel/event.ts'
import { requestContext, withRequestContext } from '../../src/shared/kernel/request-context.ts'
import type { Tracing } from '../../src/shared/kernel/tracing.ts'
import { effectsFixtures, eventually } from '../support/effects-fixture.ts'
import { Counted, type EffectsBackend, recorder, upTo } from '../support/effects-recorder.ts'

export function effectsContract({ name, redisUrl, countJobs }: EffectsBackend): void {
  describe(`effects on ${name}`, () => {
    const use = effectsFixtures(redisUrl)

    test('an effect runs exactly once for a committed event, for its actor and trace', () =>
      use(async (fixture) => {
        const seen: unknown[] = []
        const { effect, runs } = recorder({
          work: () => void seen.push({ actor: requestContext()?.actor, trace: requestContext()?.trace }),
        })
        const { events, engine, transaction } = await fixture.start({ effects: [effect] })
        await withRequestContext({ requestId: 'r', actor: 'ada', trace: 't-1', ip: null }, () =>
          transaction.run(() => events.emit(Counted, { n: 7 })),
        )
        await engine.service.drain(10_000)
        await delay(200)
        expect(runs).toEqual([7])
        expect(seen).toEqual([{ actor: 'ada', trace: 't-1' }])
        expect(await engine.service.status()).toEqual([{ name: 'test.record', waiting: 0, dead: 0 }])
      }))

    test('a transaction that rolls back emits nothing', () =>
      use(async (fixture) => {
        const { effect, runs } = recorder()
        const { events, engine, transaction } = await fixture.start({ effects: [effect] })
        const heard: number[] = []
        events.on(Counted, ({ n }) => heard.push(n))
        await expect(
          transaction.run(async () => {
            await events.emit(Counted, { n: 1 })
            throw new Error('no')
          }),
        ).rejects.toThrow('no')
        await events.emit(Counted, { n: 2 })
        await engine.service.drain(10_000)
        expect({ runs, heard }).toEqual({ runs: [2], heard: [2] })
      }))

    test('an event emitted in a nested transaction goes out with the outermost', () =>
      use(async (fixture) => {
        const { effect, runs } = recorder()
        const { events, engine, transaction } = await fixture.start({ effects: [effect] })
        const heard: number[] = []
        events.on(Counted, ({ n }) => heard.push(n))
        await transaction.run(async () => {
          await transaction.run(() => events.emit(Counted, { n: 1 }))
          await delay(150)
          expect({ runs, heard }).toEqual({ runs: [], heard: [] })
        })
        await engine.service.drain(10_000)
        expect({ runs, heard }).toEqual({ runs: [1], heard: [1] })
      }))

    test('200 events need next to no job where they are relayed, and the last payload of a key runs for all of it', () =>
      use(async (fixture) => {
        const all = recorder({ name: 'test.all', concurrency: 4 })
        const coalesced = recorder({ name: 'test.coalesced', dedupe: ({ key }: { key?: string }) => key ?? '' })
        const process = await fixture.start({ effects: [all.effect, coalesced.effect] })
        await process.transaction.run(async () => {
          for (const n of upTo(200)) await process.events.emit(Counted, { n, key: n % 2 ? 'odd' : 'even' })
        })
        await process.engine.service.drain(10_000)
        expect(all.runs.toSorted((one, other) => one - other)).toEqual(upTo(200))
        expect(coalesced.runs).toEqual([198, 199])
        // The process that relays them does them itself; its first look for what waited may find them and ask for one.
        expect(await countJobs(process)).toBeLessThanOrEqual(2)
      }))

    test('events that one effect hears are one stream: coalesced over all of them, and run once each', () =>
      use(async (fixture) => {
        const Weighed = defineEvent('test.weighed', Type.Object({ n: Type.Integer(), grams: Type.Integer() }))
        const runs: number[] = []
        const effect = defineEffect({
          name: 'test.either',
          trigger: onEvent(Counted, Weighed),
          deps: {},
          dedupe: ({ n }) => String(n % 2),
          run: async ({ n }) => void runs.push(n),
        })
        const { events, engine, transaction } = await fixture.start({ effects: [effect] })
        await transaction.run(async () => {
          await events.emit(Counted, { n: 1 })
          await events.emit(Counted, { n: 2 })
          await events.emit(Weighed, { n: 3, grams: 5 })
        })
        await engine.service.drain(10_000)
        expect(runs).toEqual([2, 3])
      }))

    test('a failing run is tried again with growing pauses, without running or delaying its siblings', () =>
      use(async (fixture) => {
        const tries: { attempt: number; at: number }[] = []
        const { effect, runs } = recorder({
          backoffMs: 100,
          work: (n: number, attempt: number) => {
            if (n !== 3) return
            tries.push({ attempt, at: performance.now() })
            if (attempt < 3) throw new Error('not yet')
          },
        })
        const { events, engine, transaction } = await fixture.start({ effects: [effect] })
        await transaction.run(async () => {
          for (const n of upTo(6)) await events.emit(Counted, { n })
        })
        await eventually(() => runs.length === 5)
        expect(runs).toEqual([0, 1, 2, 4, 5])
        await engine.service.drain(10_000)
        expect(runs).toEqual([0, 1, 2, 4, 5, 3])
        expect(tries.map(({ attempt }) => attempt)).toEqual([1, 2, 3])
        const [first = 0, second = 0, third = 0] = tries.map(({ at }) => at)
        expect(second - first).toBeGreaterThanOrEqual(75)
        expect(third - second).toBeGreaterThanOrEqual(150)
        expect(await engine.service.deadLetters(10)).toEqual([])
      }))

    test('a run that fails every time is a dead letter, which can be run again', () =>
      use(async (fixture) => {
        let broken = true
        const { effect, runs } = recorder({
          attempts: 2,
          backoffMs: 10,
          work: () => {
            if (broken) throw new Error('the mail server says\0 no')
          },
        })
        const { events, engine } = await fixture.start({ effects: [effect] })
        await events.emit(Counted, { n: 5 })
        await engine.service.drain(10_000)
        const [letter] = await engine.service.deadLetters(10)
        expect(letter).toMatchObject({
          effect: 'test.record',
          event: 'test.counted',
          payload: { n: 5 },
          attempts: 2,
          error: 'Error: the mail server says no',
        })
        expect(await engine.service.status()).toEqual([{ name: 'test.record', waiting: 0, dead: 1 }])
        broken = false
        expect(await engine.service.retry(letter?.id ?? '')).toBe(true)
        await engine.service.drain(10_000)
        expect(runs).toEqual([5])
        expect(await engine.service.deadLetters(10)).toEqual([])
        expect(await engine.service.retry(letter?.id ?? '')).toBe(false)
        expect(await engine.service.retry("x' or true")).toBe(false)
      }))

    test('a run that takes too long fails, and its signal says so', () =>
      use(async (fixture) => {
        const reasons: unknown[] = []
        const { effect } = recorder({
          attempts: 1,
          timeoutMs: 100,
          work: (_n: number, _attempt: number, signal: AbortSignal) => {
            signal.addEventListener('abort', () => reasons.push(signal.reason))
            return new Promise<void>(() => undefined)
          },
        })
        const { events, engine } = await fixture.start({ effects: [effect] })
        await events.emit(Counted, { n: 1 })
        await engine.service.drain(10_000)
        expect(await engine.service.deadLetters(10)).toMatchObject([{ error: 'Error: timed out after 100 ms' }])
        expect(String(reasons[0])).toContain('timed out')
      }))

    test('an effect that hangs does not hold up another', () =>
      use(async (fixture) => {
        const hanging = recorder({
          name: 'test.hanging',
          work: (_n: number, _a: number, signal: AbortSignal) => delay(60_000, undefined, { signal }),
        })
        const quick = recorder({ name: 'test.quick' })
        const { events } = await fixture.start({ effects: [hanging.effect, quick.effect] })
        for (const n of upTo(30)) {
          await events.emit(Counted, { n })
          await delay(10)
        }
        await eventually(() => quick.runs.length === 30)
      }))

    test('no more runs of an effect go on at once than it allows', () =>
      use(async (fixture) => {
        let now = 0
        let most = 0
        const { effect, runs } = recorder({
          concurrency: 3,
          work: async () => {
            most = Math.max(most, ++now)
            await delay(5)
            now--
          },
        })
        const { events, engine, transaction } = await fixture.start({ effects: [effect] })
        await transaction.run(async () => {
          for (const n of upTo(60)) await events.emit(Counted, { n })
        })
        await engine.service.drain(10_000)
        expect({ most, runs: runs.length }).toEqual({ most: 3, runs: 60 })
      }))

    test('with a spacing, what comes alone runs at once, and what comes behind it runs together', () =>
      use(async (fixture) => {
        const begun: number[] = []
        const { effect, runs } = recorder({ spacingMs: 2_000, concurrency: 10, work: () => void begun.push(performance.now()) })
        const { events, engine } = await fixture.start({ effects: [effect] })
        const from = performance.now()
        await events.emit(Counted, { n: 0 })
        await eventually(() => runs.length === 1)
        for (const n of [1, 2, 3]) await events.emit(Counted, { n })
        await engine.service.drain(10_000)
        expect(runs.toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3])
        const [first = 0, second = 0, , last = 0] = begun
        expect(first - from).toBeLessThan(1_500)
        expect(second - first).toBeGreaterThanOrEqual(1_900)
        expect(last - second).toBeLessThan(1_500)
      }))

    test('a cron effect runs once per tick in two processes, and one no longer declared stops', () =>
      use(async (fixture) => {
        const ticks: number[] = []
        const tick = defineEffect({
          name: 'test.tick',
          trigger: onSchedule('* * * * * *'),
          deps: {},
          run: async () => void ticks.push(Date.now()),
        })
        const processes = [await fixture.start({ effects: [tick] }), await fixture.start({ effects: [tick] })]
        await eventually(() => ticks.length >= 3)
        await Promise.all(processes.map(({ stop }) => stop()))
        const seconds = ticks.map((at) => Math.round(at / 1_000))
        expect(new Set(seconds).size).toBe(seconds.length)
        const before = ticks.length
        const other = recorder()
        const process = await fixture.start({ effects: [other.effect] })
        await process.events.emit(Counted, { n: 1 })
        await process.engine.service.drain(10_000)
        await delay(2_100)
        expect(ticks.length).toBe(before)
      }))

    test('an effect on demand runs when the transaction that requested it commits', () =>
      use(async (fixture) => {
        const runs: string[] = []
        const rebuild = defineEffect({
          name: 'test.rebuild',
          trigger: onDemand(Type.Object({ index: Type.String() })),
          deps: {},
          run: async ({ index }) => void runs.push(index),
        })
        const { engine, transaction } = await fixture.start({ effects: [rebuild] })
        await transaction
          .run(async () => {
            await engine.service.request(rebuild, { index: 'rolled back' })
            throw new Error('no')
          })
          .catch(() => undefined)
        await transaction.run(() => engine.service.request(rebuild, { index: 'main' }))
        await engine.service.drain(10_000)
        expect(runs).toEqual(['main'])
        const wrong: { index: string } = JSON.parse('{"index":1}')
        await expect(engine.service.request(rebuild, wrong)).rejects.toThrow(
          'payload of test.rebuild does not fit its schema: /index Expected string',
        )
      }))

    test('every attempt is a span of the trace that caused it, and the work goes on in it', () =>
      use(async (fixture) => {
        const spans: unknown[] = []
        const tracing: Tracing = {
          start: () => ({ traceparent: 'unused', end: () => undefined }),
          run: (span, work) => {
            spans.push(span)
            return work({ traceparent: 'of the span', end: () => undefined })
          },
          stop: async () => undefined,
        }
        const traces: unknown[] = []
        const { effect } = recorder({ work: () => void traces.push(requestContext()?.trace) })
        const { events, engine } = await fixture.start({ effects: [effect], tracing })
        await withRequestContext({ requestId: 'r', actor: null, trace: 't-1', ip: null }, () => events.emit(Counted, { n: 7 }))
        await engine.service.drain(10_000)
        expect(spans).toEqual([{ name: 'test.record', kind: 'consumer', parent: 't-1' }])
        expect(traces).toEqual(['of the span'])
      }))
  })
}
