import fc from 'fast-check'
import { expect } from 'vitest'

const nasty = [
  '',
  '..',
  '../x',
  '%2e%2e',
  '%2e%2e%2f',
  '..%2f..%2fetc%2fpasswd',
  '\0',
  'a\0b',
  'a\n',
  '\r\n',
  'a/../b',
  '//',
  '/',
  '\\',
  'ａｃｍｅ',
  'аcme',
  '\ud800',
  '\u202eemca',
  'ﬁ',
  'İ',
  '__proto__',
  'constructor',
  'toString',
  '-',
  '.',
  '_',
  '@',
  ':',
  '=',
  'bytes=',
  '🦄',
]

/** Arbitrary Unicode (lone surrogates too), NUL, percent encodings and path tricks, alone and joined. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom(...nasty),
  fc.array(fc.oneof(fc.constantFrom(...nasty), fc.string()), { maxLength: 5 }).map((parts) => parts.join('')),
  fc.string().map((text) => encodeURIComponent(text.toWellFormed())),
)

/** A valid text with one of the characters put in somewhere. */
export const withInserted = (valid: fc.Arbitrary<string>, ...characters: readonly string[]): fc.Arbitrary<string> =>
  fc.tuple(valid, fc.constantFrom(...characters), fc.nat()).map(([text, character, at]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + character + text.slice(place)
  })

/** Two calls agree and none throws: no state (such as `lastIndex`) hides in the grammar. */
export const isStable = (parse: (text: string) => unknown): void =>
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(parse(text)).toEqual(parse(text))
    }),
  )

/** Runs of each seed, padded to 10 kB and ended by something that fits nowhere, so that an expression has to give up at the very end. */
export function expectLinearTime(parse: (text: string) => unknown, seeds: readonly string[]): void {
  for (const seed of [...seeds, '-', '.', '_', '/', '0', '1.', 'a-', 'a.', 'a/', '%00', '\0', 'é'])
    for (const end of ['', '!', '\0', '\n']) {
      const text = seed.repeat(Math.ceil(10_240 / seed.length)) + end
      expect(
        millisecondsOf(() => parse(text)),
        `${seed} repeated`,
      ).toBeLessThan(50)
    }
}

/** The quickest of three, because a busy machine makes any single run slow. */
function millisecondsOf(run: () => unknown): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const start = performance.now()
      run()
      return performance.now() - start
    }),
  )
}
