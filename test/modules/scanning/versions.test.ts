import fc from 'fast-check'
import { compare } from 'semver'
import { expect, test } from 'vitest'
import { isAffected } from '../../../src/modules/scanning/versions/affected.ts'
import { comparisonOf } from '../../../src/modules/scanning/versions/comparison.ts'
import type { Compare } from '../../../src/modules/scanning/versions/order.ts'

const of = (ecosystem: string): Compare => {
  const found = comparisonOf(ecosystem)
  if (!found) throw new Error(`nobody knows how ${ecosystem} orders`)
  return found
}

/** From the lowest to the highest; from the documents and tests of each ecosystem's own tools. */
const ladders: Readonly<Record<string, readonly string[]>> = {
  npm: [
    'not-a-version',
    '0.9.9',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.10.0',
    '2',
  ],
  NuGet: ['1.0.0-rc', '1.0.0', '1.0.0.1', '1.0.0.10', '1.0.1'],
  'Debian:12': [
    '1.0~~',
    '1.0~~a',
    '1.0~',
    '1.0~rc1',
    '1.0',
    '1.0-1',
    '1.0-1+deb12u1',
    '1.0-1+deb12u2',
    '1.0-1.1',
    '1.0-2',
    '1.0a',
    '1.0+dfsg',
    '1.2',
    '1.10',
    '1:0.1',
    '2:0.1',
  ],
  'Alpine:v3.20': [
    '1.0_alpha1-r0',
    '1.0_beta-r0',
    '1.0_pre2-r0',
    '1.0_rc1-r0',
    '1.0-r0',
    '1.0-r1',
    '1.0-r10',
    '1.0_git20200101-r0',
    '1.0_p1-r0',
    '1.0a-r0',
    '1.0.1-r0',
    '1.05-r0',
    '1.1-r0',
    '1.2-r0',
    '1.10-r0',
  ],
  'Red Hat': [
    '1.0~rc1-1',
    '1.0-1.el8',
    '1.0-1.el9',
    '1.0-2.el8',
    '1.0^git1-1',
    '1.0.a-1',
    '1.0.1-1',
    '1.1-1',
    '1.10-1',
    '2.0-1',
    '1:0.1-1',
  ],
  PyPI: [
    '1.0.dev1',
    '1.0a1.dev1',
    '1.0a1',
    '1.0a2',
    '1.0b1',
    '1.0rc1.dev2',
    '1.0rc1',
    '1.0',
    '1.0+abc.5',
    '1.0+abc.7',
    '1.0+5',
    '1.0.post1.dev1',
    '1.0.post1',
    '1.0.1',
    '1.1',
    '1.10',
    '1!0.1',
  ],
  Maven: [
    '1-alpha',
    '1-alpha-2',
    '1-beta',
    '1-milestone',
    '1-rc',
    '1-snapshot',
    '1',
    '1-sp',
    '1-abc',
    '1-1',
    '1.1-rc1',
    '1.1',
    '1.2',
    '1.10',
    '2.0',
  ],
  RubyGems: ['0.9', '1.0.0.a', '1.0.0.a.1', '1.0.0.a.2', '1.0.0.pre1', '1.0.0.rc1', '1.0.0', '1.0.1', '1.2', '1.10'],
  Packagist: ['1.0.0-dev', '1.0.0-alpha1', '1.0.0-beta1', '1.0.0-beta2', '1.0.0-RC1', '1.0.0', '1.0.0-patch1', '1.0.1', 'v1.2', '1.10.0'],
}
/** Written differently, and one version all the same. */
const twins: readonly [string, string, string][] = [
  ['PyPI', '1.0', '1.0.0'],
  ['PyPI', '1.0alpha1', '1.0a1'],
  ['PyPI', 'V1.0-1', '1.0.post1'],
  ['RubyGems', '1', '1.0.0'],
  ['Maven', '1.0.0', '1'],
  ['Maven', '1-ga', '1-final'],
  ['Maven', '1a1', '1-alpha-1'],
  ['Maven', '1-cr2', '1-rc-2'],
  ['Debian', '0:1.0-1', '1.0-1'],
  ['Debian', '1.0', '1.00'],
  ['Red Hat', '1.0.0-1', '1.00.0-1'],
  ['Packagist', '1.0', 'v1.0.0'],
  ['npm', 'v1.2', '1.2.0'],
]

test.each(Object.entries(ladders))('R14.1: %s orders as its own tools do', (ecosystem, versions) => {
  const order = of(ecosystem)
  for (const [at, low] of versions.entries())
    for (const high of versions.slice(at + 1))
      expect({ low, high, order: [Math.sign(order(low, high)), Math.sign(order(high, low))] }).toEqual({ low, high, order: [-1, 1] })
})

test('what is written differently may be one version', () => {
  for (const [ecosystem, one, other] of twins)
    expect([ecosystem, one, other, of(ecosystem)(one, other)]).toEqual([ecosystem, one, other, 0])
})

/** Of what versions are made of, so that near misses are frequent. */
const piece = fc.constantFrom(
  '0',
  '1',
  '2',
  '10',
  '00',
  '01',
  'a',
  'b',
  'rc',
  'alpha',
  'beta',
  'dev',
  'post',
  'final',
  'sp',
  'p',
  'x',
  '~',
  '^',
  '.',
  '-',
  '_',
  '+',
  ':',
  '!',
  'r',
)
const written = fc.oneof(
  fc.array(piece, { maxLength: 7 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 8 }),
)
const versionOf = (ecosystem: string) => fc.oneof(written, fc.constantFrom(...(ladders[ecosystem] ?? ['1'])))

test.each(Object.keys(ladders))('P6: %s has a total order over every text there is', (ecosystem) => {
  const order = of(ecosystem)
  const version = versionOf(ecosystem)
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(order(a, a)).toBe(0)
      expect(Math.sign(order(a, b)) + Math.sign(order(b, a))).toBe(0)
      const [x = '', y = '', z = ''] = [a, b, c].sort(order)
      expect([order(x, y) <= 0, order(y, z) <= 0, order(x, z) <= 0]).toEqual([true, true, true])
      if (order(a, b) === 0) expect(Math.sign(order(a, c))).toBe(Math.sign(order(b, c)))
    }),
    { numRuns: 1_500 },
  )
})

test('P6: semver is ordered as the library of npm orders it', () => {
  const numbers = fc.tuple(fc.nat(12), fc.nat(12), fc.nat(12)).map((parts) => parts.join('.'))
  const version = fc.tuple(numbers, fc.constantFrom('', '-a', '-a.1', '-a.10', '-rc.2', '+b')).map((parts) => parts.join(''))
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(of('npm')(a, b))).toBe(compare(a, b))
    }),
  )
})

test('OSV: the last event at or before a version decides', () => {
  const order = of('PyPI')
  const ranges = (...events: object[]) => [{ type: 'ECOSYSTEM', events }]
  const two = ranges({ introduced: '2.0' }, { fixed: '1.5' }, { introduced: '0' }, { fixed: '2.3' })
  expect(['0.1', '1.4.post9', '1.5rc1', '1.5', '2.0rc1', '2.0', '2.2', '2.3'].map((version) => isAffected(version, two, order))).toEqual([
    true,
    true,
    true,
    false,
    false,
    true,
    true,
    false,
  ])
  const inclusive = ranges({ introduced: '1.0' }, { last_affected: '1.4' })
  expect(['0.9', '1.0', '1.4', '1.4.0', '1.4.1'].map((version) => isAffected(version, inclusive, order))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ])
  const limited = ranges({ introduced: '0' }, { limit: '3.0' })
  expect(['2.9', '3.0'].map((version) => isAffected(version, limited, order))).toEqual([true, false])
  expect(isAffected('1.0', [{ type: 'GIT', events: [{ introduced: '0' }] }], order)).toBe(false)
})

test('what is no version of its ecosystem is in no range, so that nothing is said of it that nobody said', () => {
  const always = [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }]
  const said = { Go: '(devel)', PyPI: 'main', 'Alpine:v3.20': 'edge', Packagist: 'dev-main', RubyGems: 'HEAD', NuGet: 'latest' }
  for (const [ecosystem, version] of Object.entries(said)) {
    const compare = comparisonOf(ecosystem)
    if (!compare) throw new Error(`no order of ${ecosystem}`)
    expect([ecosystem, isAffected(version, always, compare)]).toEqual([ecosystem, false])
    expect([ecosystem, isAffected('1.2.3', always, compare)]).toEqual([ecosystem, true])
    expect(isAffected(version, [{ type: 'SEMVER', events: [{ introduced: '0' }] }], compare)).toBe(false)
  }
})
