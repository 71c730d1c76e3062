import { afterEach, expect, test, vi } from 'vitest'
import { newRecoveryCodes, newSecret, recoveryHash, stepOf, uriOf } from '../../../src/modules/auth/second-factor-codes.ts'

const secret = Buffer.from('12345678901234567890')
afterEach(() => {
  vi.useRealTimers()
})
const at = (seconds: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1_000 })
}

// RFC 6238, appendix B, SHA-1; the last six of eight digits.
test.each([
  [59, '287082', 1],
  [1_111_111_109, '081804', 37_037_036],
  [1_111_111_111, '050471', 37_037_037],
  [1_234_567_890, '005924', 41_152_263],
  [2_000_000_000, '279037', 66_666_666],
  [20_000_000_000, '353130', 666_666_666],
])('RFC 6238: at %i seconds the code is %s', (seconds, code, step) => {
  at(seconds)
  expect(stepOf(secret, code)).toBe(step)
})

test('a code is known one step early and one step late, and belongs to its own step', () => {
  for (const seconds of [29, 89]) {
    at(seconds)
    expect(stepOf(secret, '287082')).toBe(1)
  }
  at(120)
  expect(stepOf(secret, '287082')).toBeUndefined()
})

test('what is no code is none', () => {
  at(59)
  for (const text of ['', '28708', '2870822', ' 287082', '28708a', '２８７０８２', '-28708']) expect(stepOf(secret, text)).toBeUndefined()
})

test('a secret has 160 bits, and its URI names the registry and the user', () => {
  const made = newSecret()
  expect([made.length, newSecret().equals(made)]).toEqual([20, false])
  const uri = new URL(uriOf(secret, { issuer: 'registry.example.org', label: 'mia' }))
  expect([uri.protocol, uri.searchParams.get('issuer')]).toEqual(['otpauth:', 'registry.example.org'])
  expect(uri.searchParams.get('secret')).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
})

test('a recovery code is found however it is typed', () => {
  const [code = ''] = newRecoveryCodes()
  expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/)
  for (const typed of [code.toUpperCase(), code.replaceAll('-', ''), ` ${code.replaceAll('-', ' ')} `])
    expect(recoveryHash(typed)).toEqual(recoveryHash(code))
  for (const text of ['', '123456', `${code}a`, code.replace(/.$/, '1')]) expect(recoveryHash(text)).toBeUndefined()
})
