import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isToken, looksLikeToken, newToken, tokenHash } from '../../../src/modules/auth/api-token.ts'

test('D-21 a token has the prefix, 43 random base62 digits and a checksum, and no two are equal', () => {
  const tokens = Array.from({ length: 1_000 }, () => newToken('gati_'))
  for (const token of tokens) expect(token).toMatch(/^gati_[0-9A-Za-z]{49}$/)
  for (const token of tokens) expect(isToken(token, 'gati_')).toBe(true)
  expect(new Set(tokens).size).toBe(1_000)
})

test('D-21 any single changed character breaks the checksum', () => {
  const character = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
  fc.assert(
    fc.property(fc.integer({ min: 5, max: 53 }), character, (index, replacement) => {
      const token = newToken('gati_')
      fc.pre(token[index] !== replacement)
      const changed = token.slice(0, index) + replacement + token.slice(index + 1)
      expect(looksLikeToken(changed)).toBe(true)
      expect(isToken(changed, 'gati_')).toBe(false)
      expect(tokenHash(changed).equals(tokenHash(token))).toBe(false)
    }),
  )
})

test('a refresh token is no API token and the other way round', () => {
  expect(isToken(newToken('gatr_'), 'gati_')).toBe(false)
  expect(isToken(newToken('gati_'), 'gatr_')).toBe(false)
})

test('no other text is taken for a token, and 10 kB of it take no time', () => {
  fc.assert(fc.property(fc.string({ maxLength: 100 }), (text) => !isToken(text, 'gati_')))
  const startedAt = performance.now()
  for (const text of ['gati_'.repeat(2_000), `gati_${'a'.repeat(10_000)}`, 'x'.repeat(10_000)]) expect(isToken(text, 'gati_')).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(50)
})
