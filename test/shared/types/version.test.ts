import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareVersions, isVersionRange, parseVersion, VersionSchema } from '../../../src/shared/types/version.ts'
import { expectLinearTime, hostileText, isStable } from './hostile-text.ts'

const number = fc.nat(1_000_000).map(String)
const letters = fc.string({ unit: fc.constantFrom(...'abcXYZ019-'), minLength: 1, maxLength: 8 })
const prerelease = fc
  .array(
    fc.oneof(
      number,
      letters.filter((text) => !/^0\d+$/.test(text)),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((ids) => `-${ids.join('.')}`)
const build = fc.array(letters, { minLength: 1, maxLength: 3 }).map((ids) => `+${ids.join('.')}`)
const version = fc
  .tuple(number, number, number, fc.option(prerelease, { nil: '' }), fc.option(build, { nil: '' }))
  .map(([major, minor, patch, pre, meta]) => `${major}.${minor}.${patch}${pre}${meta}`)
  .filter((text) => !/[-.]0\d+(?:[.+]|$)/.test(text.split('+')[0] ?? ''))

const printed = (text: string): string => {
  const parsed = parseVersion(text)
  if (!parsed) return 'no version'
  const pre = parsed.prerelease.length > 0 ? `-${parsed.prerelease.join('.')}` : ''
  const meta = parsed.build.length > 0 ? `+${parsed.build.join('.')}` : ''
  return `${parsed.major}.${parsed.minor}.${parsed.patch}${pre}${meta}`
}

test('every generated version parses, and its parts make the same text again', () => {
  fc.assert(
    fc.property(version, (text) => {
      expect(printed(text)).toBe(text)
      expect(Value.Check(VersionSchema, text)).toBe(true)
    }),
  )
})

test('a version with something before, behind or missing is refused', () => {
  fc.assert(
    fc.property(version, (text) => {
      const core = text.split(/[-+]/)[0] ?? ''
      const wrong = [
        `v${text}`,
        `=${text}`,
        ` ${text}`,
        `${text} `,
        `${text}\n`,
        `${text}\0`,
        `${text}é`,
        `0${text}`,
        `${core}.1`,
        `${core}-`,
        `${core}+`,
      ]
      wrong.push(core.split('.').slice(0, 2).join('.'), `${core}-01`, `${core}-a..b`, `${core}-a_b`, `${core}+a+b`, `${core}%2fx`)
      for (const candidate of wrong) {
        expect(parseVersion(candidate), candidate).toBeUndefined()
        expect(Value.Check(VersionSchema, candidate), candidate).toBe(false)
      }
    }),
  )
})

test('128 characters are a version and 129 are none', () => {
  expect(parseVersion(`1.0.0-${'a'.repeat(122)}`)).toBeDefined()
  expect(parseVersion(`1.0.0-${'a'.repeat(123)}`)).toBeUndefined()
})

test('numbers beyond the safe integers are refused', () => {
  expect(parseVersion('9007199254740991.0.0')).toBeDefined()
  expect(parseVersion('9007199254740992.0.0')).toBeUndefined()
})

test('the order of semver §11.4 holds', () => {
  const ordered = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '2.0.0',
    '10.0.0',
  ]
  expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered)
})

test('comparing is a total order: antisymmetric, transitive, and zero for equal texts only', () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)))
      expect(compareVersions(a, b) === 0).toBe(a === b)
      const [x = a, y = b, z = c] = [a, b, c].sort(compareVersions)
      expect(compareVersions(x, y) <= 0 && compareVersions(y, z) <= 0 && compareVersions(x, z) <= 0).toBe(true)
    }),
  )
})

test('a release is above its prereleases and above none of its builds by accident', () => {
  expect(compareVersions('1.0.0', '1.0.0-rc.1')).toBeGreaterThan(0)
  expect(compareVersions('1.0.0+b', '1.0.0+a')).toBeGreaterThan(0)
  expect(compareVersions('1.0.0-9007199254740993', '1.0.0-9007199254740992')).not.toBe(0)
})

test.each(['^1.0.0', '~1.2', '1.x', '>=1 <3', '1.2.3', '*', '1 || 2', '1.0.0 - 2.0.0', '18.x'])('%j is a range', (text) => {
  expect(isVersionRange(text)).toBe(true)
})

test.each(['', ' ', 'latest', '^^1', 'one', '>=', 'workspace:*', 'file:../x', `1.0.0${' '.repeat(300)}`])('%j is no range', (text) => {
  expect(isVersionRange(text)).toBe(false)
})

test('hostile text never throws, and schema and parser agree on it', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(parseVersion(text) !== undefined).toBe(Value.Check(VersionSchema, text))
    }),
  )
  isStable(parseVersion)
  isStable(isVersionRange)
})

test('10 kB of anything is decided within 50 ms (D-14)', () => {
  expectLinearTime(parseVersion, ['1.0.0-', '0', '9', '1.0.0-a.', '-0', '1.0.0+'])
  expectLinearTime(isVersionRange, ['1 || ', '>=1 ', '^', ' ', '1.x ', '1.0.0 - '])
})
