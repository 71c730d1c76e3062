import { expect, test } from 'vitest'
import { isFrom } from '../../../src/modules/auth/networks.ts'

test.each([
  ['192.0.2.7', ['192.0.2.0/24'], true],
  ['192.0.3.7', ['192.0.2.0/24'], false],
  ['192.0.2.7', ['192.0.2.7'], true],
  ['192.0.2.8', ['192.0.2.7'], false],
  ['203.0.113.9', ['192.0.2.0/24', '203.0.113.8/31'], true],
  ['203.0.113.9', ['0.0.0.0/0'], true],
  ['2001:db8::1', ['2001:db8::/32'], true],
  ['2001:db9::1', ['2001:db8::/32'], false],
  ['2001:db8::1', ['0.0.0.0/0'], false],
  ['192.0.2.7', ['::/0'], false],
  ['192.0.2.7', [], false],
  ['unix', ['0.0.0.0/0'], false],
  [null, ['0.0.0.0/0', '::/0'], false],
])('%s is from %j: %s', (ip, networks, expected) => {
  expect(isFrom(ip, networks)).toBe(expected)
})
