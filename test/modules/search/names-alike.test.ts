import fc from 'fast-check'
import { expect, test } from 'vitest'
import { oneSlipFrom } from '../../../src/modules/search/names-alike.ts'

const isOneSlip = (name: string, typed: string): boolean => oneSlipFrom(typed)(name)

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '-', '😀'), minLength: 6, maxLength: 14 })
type Slip = (letters: readonly string[], at: number, other: string) => readonly string[]
const slips: readonly Slip[] = [
  (letters, at) => letters.toSpliced(at, 1),
  (letters, at, other) => letters.toSpliced(at, 0, other),
  (letters, at, other) => letters.toSpliced(at, 1, other),
  (letters, at) => letters.toSpliced(at, 2, ...letters.slice(at, at + 2).toReversed()),
]

/** Everything that one slip makes of a name, with these letters. */
const slipped = (name: string, others: readonly string[]): string[] => {
  const letters = [...name]
  const places = [...letters.keys(), letters.length]
  return slips.flatMap((slip) => places.flatMap((at) => others.map((other) => slip(letters, at, other).join(''))))
}

test('Q053: whatever slip is made, the name is one slip away', () => {
  fc.assert(
    fc.property(word, (name) => {
      const missed = slipped(name, ['a', 'x', '_', '%']).filter((typed) => typed !== name && typed.length > 5 && !isOneSlip(name, typed))
      expect(missed).toEqual([])
    }),
  )
})

test('Q053: what no slip makes of a name is none', () => {
  fc.assert(
    fc.property(word, word, (name, typed) => {
      fc.pre(name !== typed && typed.length > 5)
      expect(isOneSlip(name, typed)).toBe(slipped(name, [...new Set(typed)]).includes(typed))
    }),
    { numRuns: 300 },
  )
})

test('of a short text its first letter is right', () => {
  expect(['raect', 'reac', 'reactt', 'reawt'].map((typed) => isOneSlip('react', typed))).toEqual([true, true, true, true])
  expect(isOneSlip('react', 'weact')).toBe(false)
})
