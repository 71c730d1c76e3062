import { expect, test, vi } from 'vitest'
import { createMetrics } from '../../src/shared/kernel/metrics.ts'
import { remembered } from '../../src/shared/kernel/remembered.ts'
import { readExposition } from '../support/exposition.ts'

test('what is read at a scrape is all there is: samples that are gone vanish, and nothing is added up', async () => {
  const metrics = createMetrics()
  let rows = [
    { labels: { queue: 'a' }, value: 3 },
    { labels: { queue: 'b' }, value: 4 },
  ]
  metrics.gauge({ name: 'waiting', help: '-', labelNames: ['queue'], read: () => rows })
  metrics.counter({ name: 'done_total', help: '-', read: () => 7 })
  const samples = async () =>
    readExposition(await metrics.render())
      .samples.filter(({ name }) => name === 'waiting' || name === 'done_total')
      .map(({ name, labels, value }) => [name, labels['queue'], value])
  expect(await samples()).toEqual([
    ['waiting', 'a', 3],
    ['waiting', 'b', 4],
    ['done_total', undefined, 7],
  ])
  rows = rows.slice(1)
  expect(await samples()).toEqual([
    ['waiting', 'b', 4],
    ['done_total', undefined, 7],
  ])
})

test('a metric that cannot be read is left out within a second, and everything else is there', async () => {
  const metrics = createMetrics()
  metrics.gauge({ name: 'broken', help: '-', read: () => Promise.reject(new Error('the database is down')) })
  metrics.gauge({ name: 'hanging', help: '-', read: () => new Promise<number>(() => {}) })
  metrics.gauge({ name: 'unknown', help: '-', read: () => undefined })
  metrics.gauge({ name: 'fine', help: '-', read: () => 1 })
  const startedAt = performance.now()
  const { samples } = readExposition(await metrics.render())
  expect(performance.now() - startedAt).toBeLessThan(3_000)
  expect(samples.filter(({ name }) => /^(?:broken|hanging|unknown|fine)$/.test(name))).toEqual([{ name: 'fine', labels: {}, value: 1 }])
})

test('what is dear to read is read once for all who ask at a time, and forgotten when it fails', async () => {
  let reads = 0
  const failing = { now: false }
  const read = async () => {
    reads += 1
    if (failing.now) throw new Error('down')
    return reads
  }
  const rarely = remembered(read, 60_000)
  expect(await Promise.all([rarely(), rarely(), rarely()])).toEqual([1, 1, 1])
  expect(await rarely()).toBe(1)
  const always = remembered(read, 0)
  expect(await always()).toBe(2)
  // The old number, while the new one is on its way.
  expect(await always()).toBe(2)
  failing.now = true
  await expect.poll(always).toBeUndefined()
})

test('a read that failed is tried again after seconds, however seldom it is due', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  try {
    let reads = 0
    const rarely = remembered(async () => {
      reads += 1
      if (reads === 1) throw new Error('down')
      return reads
    }, 300_000)
    expect([await rarely(), await rarely(), reads]).toEqual([undefined, undefined, 1])
    vi.advanceTimersByTime(3_000)
    await rarely()
    expect([await rarely(), reads]).toEqual([2, 2])
  } finally {
    vi.useRealTimers()
  }
})
