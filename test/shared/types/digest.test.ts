import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Digest, DigestSchema, parseDigest } from '../../../src/shared/types/digest.ts'
import { expectLinearTime, hostileText, isStable } from './hostile-text.ts'

const hex = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const digest: fc.Arbitrary<Digest> = fc.oneof(
  hex(64).map((value) => `sha256:${value}`),
  hex(128).map((value) => `sha512:${value}`),
)

test('every well-formed digest parses and is written back as it was (D-14)', () => {
  fc.assert(
    fc.property(digest, (text) => {
      const parsed = parseDigest(text)
      expect(`${parsed?.algorithm}:${parsed?.hex}`).toBe(text)
      expect(Value.Check(DigestSchema, text)).toBe(true)
    }),
  )
})

test('a digest with one character replaced by anything but lower-case hex, added or taken away is refused', () => {
  const other = fc.constantFrom('g', 'A', 'F', ' ', '\n', '\0', '%', '/', 'é', ':')
  fc.assert(
    fc.property(digest, fc.nat(), other, (text, at, character) => {
      const place = at % text.length
      const replaced = text.slice(0, place) + character + text.slice(place + 1)
      const wrong = [`${text}0`, text.slice(0, -1), `${text}\n`, ` ${text}`, text.toUpperCase(), text.replace('sha', 'md')]
      if (replaced !== text) wrong.push(replaced)
      for (const candidate of wrong) {
        expect(parseDigest(candidate)).toBeUndefined()
        expect(Value.Check(DigestSchema, candidate)).toBe(false)
      }
    }),
  )
})

test('the hex length must be that of the algorithm', () => {
  expect(parseDigest(`sha256:${'a'.repeat(128)}`)).toBeUndefined()
  expect(parseDigest(`sha512:${'a'.repeat(64)}`)).toBeUndefined()
  expect(parseDigest(`sha384:${'a'.repeat(96)}`)).toBeUndefined()
})

test('hostile text never throws, and schema and parser agree on it', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(parseDigest(text) !== undefined).toBe(Value.Check(DigestSchema, text))
    }),
  )
  isStable(parseDigest)
})

test('10 kB of anything is decided within 50 ms (D-14)', () => {
  expectLinearTime(parseDigest, ['sha256:', 'a', '0', 'sha512:f'])
})
