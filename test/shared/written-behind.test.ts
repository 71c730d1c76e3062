import { expect, test, vi } from 'vitest'
import { slicesOf, WrittenBehind } from '../../src/shared/written-behind.ts'

/** Numbers, written when a test says so. */
function numbers() {
  let waiting: number[] = []
  const writes: { readonly taken: readonly number[]; readonly done: PromiseWithResolvers<void> }[] = []
  const behind = {
    take: () => (waiting.length === 0 ? [] : [waiting.splice(0)]),
    putBack(slices: readonly (readonly number[])[]) {
      waiting = [...slices.flat(), ...waiting]
    },
    write(taken: readonly number[]) {
      const done = Promise.withResolvers<void>()
      writes.push({ taken, done })
      return done.promise
    },
  }
  return { behind, writes, count: (number: number) => void waiting.push(number) }
}

test('however many ask for it and however often the clock ticks, one write waits behind the one that runs', async () => {
  vi.useFakeTimers()
  try {
    const { behind, writes, count } = numbers()
    await using written = new WrittenBehind(behind, { everyMs: 10 })
    count(1)
    const first = written.flush()
    count(2)
    const asked = [written.flush(), written.flush(), written.flush()]
    await vi.advanceTimersByTimeAsync(1_000)
    expect([writes.length, new Set(asked).size]).toEqual([1, 1])
    writes[0]?.done.reject(new Error('away'))
    await expect(first).rejects.toThrow('away')
    await vi.advanceTimersByTimeAsync(0)
    expect(writes.map(({ taken }) => taken)).toEqual([[1], [1, 2]])
    writes[1]?.done.resolve()
    await Promise.all(asked)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(writes.length).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})

test('a stop writes what is left, and does not wait for a database that is away', async () => {
  const { behind, writes, count } = numbers()
  const written = new WrittenBehind(behind, { everyMs: 60_000, lastMs: 20 })
  count(1)
  await expect(written[Symbol.asyncDispose]()).rejects.toThrow(/could not be written/)
  expect(writes.map(({ taken }) => taken)).toEqual([[1]])
})

test('of much, slice after slice is written, and what comes after one that fails is kept in its order, nothing twice', async () => {
  let waiting = new Map(Array.from({ length: 4_500 }, (_, at) => [`key ${at}`, at]))
  const written: number[] = []
  let away = 4_000
  await using behind = new WrittenBehind<ReadonlyMap<string, number>>(
    {
      take() {
        const taken = waiting
        waiting = new Map()
        return slicesOf(taken)
      },
      putBack(slices) {
        waiting = new Map([...slices.flatMap((slice) => [...slice]), ...waiting])
      },
      async write(slice) {
        if (slice.has(`key ${away}`)) throw new Error('away')
        written.push(...slice.values())
      },
    },
    { everyMs: 60_000 },
  )
  await expect(behind.flush()).rejects.toThrow('away')
  expect(written).toHaveLength(4_000)
  away = -1
  waiting.set('key 4500', 4_500)
  await behind.flush()
  expect(written).toEqual(Array.from({ length: 4_501 }, (_, at) => at))
})
