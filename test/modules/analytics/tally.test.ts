import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isInstall } from '../../../src/modules/analytics/collection/doors.ts'
import { Tally } from '../../../src/modules/analytics/collection/tally.ts'

test('whatever is taken, put back and counted meanwhile, nothing is lost and nothing is counted twice', () => {
  const counts = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 })
  const flush = fc.record({ before: counts, meanwhile: counts, fails: fc.boolean() })
  fc.assert(
    fc.property(fc.array(flush, { maxLength: 20 }), (flushes) => {
      const tally = new Tally<string>(10)
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
        if (fails) tally.putBack(taken)
        else keep(taken)
      }
      keep(tally.take())
      expect(written.sort()).toEqual(flushes.flatMap(({ before, meanwhile }) => [...before, ...meanwhile]).sort())
    }),
  )
})

test('a full tally still counts what it knows, and says what it forgets', () => {
  const tally = new Tally<number>(2)
  expect([1, 2, 3, 1].map((item) => tally.add(`${item}`, () => item))).toEqual([true, true, false, true])
  expect([...tally.take().values()]).toEqual([
    { item: 1, count: 2 },
    { item: 2, count: 1 },
  ])
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
