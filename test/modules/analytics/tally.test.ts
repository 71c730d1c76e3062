import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isInstall } from '../../../src/modules/analytics/collection/doors.ts'
import { Tally } from '../../../src/modules/analytics/collection/tally.ts'

test('whatever is taken, put back and counted meanwhile, nothing is lost and nothing is counted twice', () => {
  const counts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 })
  const flush = fc.record({ before: counts, meanwhile: counts, fails: fc.boolean() })
  fc.assert(
    fc.property(fc.array(flush, { maxLength: 20 }), (flushes) => {
      const tally = new Tally<string>(10, () => expect.unreachable())
      const written: string[] = []
      const keep = (taken: ReturnType<typeof tally.take>) => {
        for (const { item, count } of taken.values()) written.push(...Array<string>(count).fill(item))
      }
      const count = (keys: readonly string[]) => {
        for (const key of keys) tally.add(key, () => key)
      }
      for (const { before, meanwhile, fails } of flushes) {
        count(before)
        const taken = tally.take()
        count(meanwhile)
        if (fails) tally.putBack([taken])
        else keep(taken)
      }
      keep(tally.take())
      expect(written.sort()).toEqual(flushes.flatMap(({ before, meanwhile }) => [...before, ...meanwhile]).sort())
    }),
  )
})

test('a full tally still counts what it knows, and says what it forgets', () => {
  const dropped: number[] = []
  const tally = new Tally<number>(2, (item) => dropped.push(item))
  for (const item of [1, 2, 3, 1]) tally.add(`${item}`, () => item)
  expect(dropped).toEqual([3])
  expect([...tally.take().values()]).toEqual([
    { item: 1, count: 2 },
    { item: 2, count: 1 },
  ])
})

test('what is put back again and again never fills it beyond its bound, and each event that is forgotten is told', () => {
  let dropped = 0
  const tally = new Tally<number>(100, (_item, count) => {
    dropped += count
  })
  for (let outage = 0; outage < 5; outage += 1) {
    const taken = tally.take()
    for (let item = 0; item < 150; item += 1) for (const _twice of [1, 2]) tally.add(`${outage} ${item}`, () => item)
    tally.putBack([taken])
    expect(tally.size).toBe(100)
  }
  const kept = [...tally.take().values()].reduce((sum, { count }) => sum + count, 0)
  expect([kept, kept + dropped]).toEqual([200, 5 * 300])
})

test.each([
  ['npm', 'npm/11.0.0 node/v24.15.0 linux x64 workspaces/false', true],
  ['npm', 'pnpm/10.1.0 npm/? node/v24.1.0 linux x64', true],
  ['npm', 'yarn/1.22.22 npm/? node/v20.0.0 linux x64', true],
  ['npm', 'Bun/1.2.0', true],
  ['npm', 'curl/8.5.0', false],
  ['npm', undefined, false],
  ['rest', 'npm/11.0.0 node/v24.15.0', false],
  ['oci', 'containerd/2.0.0', false],
] as const)('through %s by %s: an install %s', (door, userAgent, install) => {
  expect(isInstall(door, userAgent)).toBe(install)
})
