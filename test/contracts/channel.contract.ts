import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Channel } from '../../src/shared/kernel/channel.ts'
import type { Logger } from '../../src/shared/kernel/logger.ts'
import { type RecordedLog, recordLog } from '../../src/shared/testing/record-log.ts'

export type ClosableChannel = Channel & { close(): Promise<void> }

/** One place that channels meet in. */
export interface ChannelPlace extends AsyncDisposable {
  open(instanceId: string, log: Logger): Promise<ClosableChannel>
  /** Kills the connections of every channel from the server's side. */
  cutAll(): Promise<void>
}

/** What every channel driver must do. */
export function channelContract(name: string, openPlace: () => Promise<ChannelPlace>): void {
  describe(`channel on ${name}`, () => {
    let place: ChannelPlace | undefined
    const opened: ClosableChannel[] = []
    let log: RecordedLog
    let a: ClosableChannel
    let b: ClosableChannel
    beforeEach(async () => {
      log = recordLog()
      place = await openPlace()
      a = await place.open('a', log)
      b = await place.open('b', log)
      opened.push(a, b)
      await expect.poll(() => a.live && b.live, { timeout: 3_000 }).toBe(true)
    })
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((channel) => channel.close()))
      await place?.[Symbol.asyncDispose]()
    })

    test('a message reaches the other processes, typically within 100 ms', async () => {
      const times: number[] = []
      for (let round = 0; round < 11; round++) {
        const arrived = next(b, 'names')
        const started = performance.now()
        a.publish('names', `round ${round}`)
        expect(await arrived).toBe(`round ${round}`)
        times.push(performance.now() - started)
      }
      const median = times.sort((x, y) => x - y)[5] ?? Number.NaN
      expect(median).toBeLessThan(100)
    })

    test('a process does not hear itself', async () => {
      const own = collect(a, 'names')
      const others = collect(b, 'names')
      a.publish('names', 'mine')
      await expect.poll(() => others).toEqual(['mine'])
      b.publish('names', 'theirs')
      await expect.poll(() => own).toEqual(['theirs'])
    })

    test('topics are separate, messages keep their order and are not merged', async () => {
      const wanted = collect(b, 'one topic')
      const other = collect(b, 'other')
      const messages = ['', 'same', 'same', 'line\nbreak "quoted" \\', 'ünïcode 🎉', ...Array.from({ length: 500 }, (_, i) => `m${i}`)]
      for (const message of messages) a.publish('one topic', message)
      a.publish('other', 'x')
      await expect.poll(() => other).toEqual(['x'])
      expect(wanted).toEqual(messages)
    })

    test('an ended subscription hears nothing, and a failing listener does not disturb the rest', async () => {
      const ended: string[] = []
      b.on('names', (message) => ended.push(message))()
      b.on('names', () => {
        throw new Error('listener on purpose')
      })
      const heard = collect(b, 'names')
      a.publish('names', 'x')
      await expect.poll(() => heard).toEqual(['x'])
      expect(ended).toEqual([])
      expect(log.lines.filter((line) => line.message === 'channel listener failed')).toHaveLength(1)
    })

    test('7,500 bytes pass; one more is refused with an error, and the others drop what they keep', async () => {
      const heard = collect(b, 'names')
      const resets = countResets(b)
      a.publish('names', 'é'.repeat(3_750))
      await expect.poll(() => heard).toEqual(['é'.repeat(3_750)])
      expect(resets.count).toBe(0)
      a.publish('names', `${'é'.repeat(3_750)}x`)
      expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1)
      await expect.poll(() => resets.count, { timeout: 3_000 }).toBe(1)
      expect(heard).toHaveLength(1)
    })

    test('a cut connection is noticed at once, resets the caches and recovers by itself', async () => {
      const heard = collect(b, 'names')
      const resets = countResets(b)
      await place?.cutAll()
      await expect.poll(() => !b.live || resets.count > 0, { timeout: 2_000, interval: 5 }).toBe(true)
      await expect.poll(() => resets.count > 0 && a.live && b.live, { timeout: 8_000 }).toBe(true)
      a.publish('names', 'after')
      await expect.poll(() => heard).toContain('after')
      expect(log.lines.filter((line) => line.message === 'channel connection lost').length).toBeGreaterThan(0)
    })

    test('a channel stays live by its own heartbeat, and a closed one is not live', async () => {
      await a.close()
      expect(a.live).toBe(false)
      await delay(2_500)
      expect(b.live).toBe(true)
    })

    test('a closed channel ignores what is published and what arrives', async () => {
      const heard = collect(b, 'names')
      a.publish('names', 'last words')
      await a.close()
      a.publish('names', 'ghost')
      await expect.poll(() => heard).toEqual(['last words'])
      await b.close()
      await delay(50)
      expect(heard).toEqual(['last words'])
    })
  })
}

export function collect(channel: Channel, topic: string): string[] {
  const messages: string[] = []
  channel.on(topic, (message) => messages.push(message))
  return messages
}

export function countResets(channel: Channel): { readonly count: number } {
  const resets = { count: 0 }
  channel.onReset(() => {
    resets.count++
  })
  return resets
}

function next(channel: Channel, topic: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const stop = channel.on(topic, (message) => {
    stop()
    resolve(message)
  })
  return promise
}
