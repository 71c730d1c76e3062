import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Channel } from '../../src/shared/kernel/channel.ts'
import { ChannelTraffic } from '../../src/shared/kernel/channel-traffic.ts'
import { createLocalCaches, type LocalCachesOptions } from '../../src/shared/kernel/local-cache.ts'
import { recordLog } from '../../src/shared/testing/record-log.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Two processes on a channel without latency. */
function processes() {
  const log = recordLog()
  const state = { live: true }
  const traffic = [new ChannelTraffic('a', log), new ChannelTraffic('b', log)] as const
  const channelOf = (own: number): Channel => ({
    publish: (topic, message) => {
      const payload = traffic[own === 0 ? 0 : 1].encode(topic, message)
      if (payload !== undefined) for (const one of traffic) one.receive(payload)
    },
    on: (topic, listener) => traffic[own === 0 ? 0 : 1].on(topic, listener),
    onReset: (listener) => traffic[own === 0 ? 0 : 1].onReset(listener),
    get live() {
      return state.live
    },
  })
  const cachesOf = (own: number, extra: Partial<LocalCachesOptions> = {}) => createLocalCaches({ channel: channelOf(own), log, ...extra })
  return { state, log, traffic, cachesOf, publish: channelOf(0).publish }
}

const options = { name: 'rows', maxEntries: 100, ttlMs: 60_000 }

function counting() {
  let n = 0
  return async () => ({ n: ++n })
}

test('a row is loaded once, and concurrent calls share the load', async () => {
  const cache = processes().cachesOf(0).create<{ n: number }>(options)
  const load = vi.fn(counting())
  expect(await Promise.all([cache.get('k', load), cache.get('k', load), cache.get('other', load)])).toEqual([{ n: 1 }, { n: 1 }, { n: 2 }])
  expect(await cache.get('k', load)).toEqual({ n: 1 })
  expect(load).toHaveBeenCalledTimes(2)
})

test('what is not there and what failed are not kept', async () => {
  const cache = processes().cachesOf(0).create<{ n: number }>(options)
  const load = vi.fn<() => Promise<{ n: number } | undefined>>()
  load.mockResolvedValueOnce(undefined)
  load.mockRejectedValueOnce(new Error('on purpose'))
  load.mockResolvedValueOnce({ n: 3 })
  expect(await cache.get('k', load)).toBeUndefined()
  const failed = await Promise.allSettled([cache.get('k', load), cache.get('k', load)])
  expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await cache.get('k', load)).toEqual({ n: 3 })
})

test('an invalidation drops the key here and in the other process, and no other key', async () => {
  const { cachesOf } = processes()
  const [a, b] = [cachesOf(0).create<{ n: number }>(options), cachesOf(1).create<{ n: number }>(options)]
  const load = counting()
  await a.get('k', load)
  await b.get('k', load)
  await b.get('kept', load)
  a.invalidate('k')
  expect(await a.get('k', load)).toEqual({ n: 4 })
  expect(await b.get('k', load)).toEqual({ n: 5 })
  expect(await b.get('kept', load)).toEqual({ n: 3 })
})

test.each(['here', 'in the other process', 'by a reset'])(
  'a load overtaken by an invalidation %s is returned but not kept, and not shared with later calls',
  async (where) => {
    const { cachesOf, traffic } = processes()
    const [a, b] = [cachesOf(0).create<{ n: number }>(options), cachesOf(1).create<{ n: number }>(options)]
    const slow = Promise.withResolvers<{ n: number }>()
    const before = a.get('k', () => slow.promise)
    if (where === 'here') a.invalidate('k')
    else if (where === 'by a reset') traffic[0].connected()
    else b.invalidate('k')
    const after = a.get('k', async () => ({ n: 2 }))
    expect(await after).toEqual({ n: 2 })
    slow.resolve({ n: 1 })
    expect(await before).toEqual({ n: 1 })
    expect(await a.get('k', async () => ({ n: 3 }))).toEqual({ n: 2 })
  },
)

test('an overtaken load leaves nothing behind when nobody asks meanwhile', async () => {
  const cache = processes().cachesOf(0).create<{ n: number }>(options)
  const slow = Promise.withResolvers<{ n: number }>()
  const before = cache.get('k', () => slow.promise)
  cache.invalidate('k')
  slow.resolve({ n: 1 })
  await before
  expect(await cache.get('k', async () => ({ n: 2 }))).toEqual({ n: 2 })
})

test('a reset drops every cache', async () => {
  const { cachesOf, traffic } = processes()
  const caches = cachesOf(0)
  const [one, two] = [caches.create<{ n: number }>(options), caches.create<{ n: number }>({ ...options, name: 'two' })]
  const load = counting()
  await one.get('k', load)
  await two.get('k', load)
  traffic[0].connected()
  expect(await one.get('k', load)).toEqual({ n: 3 })
  expect(await two.get('k', load)).toEqual({ n: 4 })
})

test('a live channel keeps a row for its ttl', async () => {
  const cache = processes().cachesOf(0).create<{ n: number }>(options)
  const load = counting()
  await cache.get('k', load)
  vi.advanceTimersByTime(59_999)
  expect(await cache.get('k', load)).toEqual({ n: 1 })
  vi.advanceTimersByTime(1)
  expect(await cache.get('k', load)).toEqual({ n: 2 })
})

test('without a live channel a row is at most two seconds old, also one that was filled before', async () => {
  const { cachesOf, state } = processes()
  const cache = cachesOf(0).create<{ n: number }>(options)
  const load = counting()
  await cache.get('k', load)
  vi.advanceTimersByTime(1_999)
  state.live = false
  expect(await cache.get('k', load)).toEqual({ n: 1 })
  vi.advanceTimersByTime(1)
  expect(await cache.get('k', load)).toEqual({ n: 2 })
  vi.advanceTimersByTime(1_999)
  expect(await cache.get('k', load)).toEqual({ n: 2 })
  vi.advanceTimersByTime(1)
  expect(await cache.get('k', load)).toEqual({ n: 3 })
})

test('age counts from the start of a load', async () => {
  const { cachesOf, state } = processes()
  state.live = false
  const cache = cachesOf(0).create<{ n: number }>(options)
  const slow = Promise.withResolvers<{ n: number }>()
  const first = cache.get('k', () => slow.promise)
  vi.advanceTimersByTime(2_000)
  expect(await cache.get('k', async () => ({ n: 2 }))).toEqual({ n: 2 })
  slow.resolve({ n: 1 })
  await first
  expect(await cache.get('k', async () => ({ n: 3 }))).toEqual({ n: 2 })
})

test('the least recently used rows go beyond maxEntries', async () => {
  const cache = processes()
    .cachesOf(0)
    .create<{ n: number }>({ ...options, maxEntries: 2 })
  const load = counting()
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(key, load)
  expect(await cache.get('new', load)).toEqual({ n: 5 })
})

test('a key too long for a message drops the whole cache elsewhere; a message not understood drops all of them', async () => {
  const { cachesOf, publish } = processes()
  const [a, b] = [cachesOf(0).create<{ n: number }>(options), cachesOf(1).create<{ n: number }>(options)]
  const load = counting()
  await b.get('k', load)
  a.invalidate('x'.repeat(10_000))
  expect(await b.get('k', load)).toEqual({ n: 2 })
  publish('cache', 'nonsense')
  expect(await b.get('k', load)).toEqual({ n: 3 })
})

test('inside a transaction a load is not kept, and an invalidation leaves with the commit', async () => {
  const { cachesOf } = processes()
  const commits: (() => void)[] = []
  const transaction = { active: false, afterCommit: (work: () => void) => void commits.push(work) }
  const a = cachesOf(0, { transaction }).create<{ n: number }>(options)
  const b = cachesOf(1).create<{ n: number }>(options)
  const load = counting()
  await b.get('k', load)
  transaction.active = true
  expect(await a.get('k', load)).toEqual({ n: 2 })
  expect(await a.get('k', load)).toEqual({ n: 3 })
  a.invalidate('k')
  expect(await b.get('k', load)).toEqual({ n: 1 })
  transaction.active = false
  expect(await a.get('k', load)).toEqual({ n: 4 })
  for (const work of commits) work()
  expect(await b.get('k', load)).toEqual({ n: 5 })
  expect(await a.get('k', load)).toEqual({ n: 6 })
})

test('two caches of one name are refused', () => {
  const caches = processes().cachesOf(0)
  caches.create(options)
  expect(() => caches.create(options)).toThrow('two local caches named rows')
})
