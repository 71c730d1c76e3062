import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import semver from 'semver'
import { expect, test } from 'vitest'
import { artifactFormats } from '../../../src/shared/types/artifact-type.ts'
import { isTagName, TagNameSchema } from '../../../src/shared/types/tag-name.ts'
import { expectLinearTime, hostileText, isStable, withInserted } from './hostile-text.ts'

const first = fc.constantFrom(...'abcXYZ019_')
const rest = fc.string({ unit: fc.constantFrom(...'abcXYZ019_.-'), maxLength: 127 })
const tag = fc.tuple(first, rest).map(([start, end]) => start + end)

test('every generated tag is one for oci and model', () => {
  fc.assert(
    fc.property(tag, (text) => {
      expect(isTagName('oci', text)).toBe(true)
      expect(isTagName('model', text)).toBe(true)
      expect(Value.Check(TagNameSchema, text)).toBe(true)
    }),
  )
})

test('for npm and generic a tag is exactly what no range reads as', () => {
  fc.assert(
    fc.property(tag, (text) => {
      const expected = semver.validRange(text, { loose: true }) === null
      expect(isTagName('npm', text)).toBe(expected)
      expect(isTagName('generic', text)).toBe(expected)
    }),
  )
})

test.each(['1.2.3', '1.2.3-rc.1', 'v1.2.3', '1', 'v1', '1.x', 'x', 'X', '1.2'])(
  '%s stands for versions, so it is a tag of oci and model alone',
  (text) => {
    expect(artifactFormats.filter((format) => isTagName(format, text))).toEqual(['oci', 'model'])
  },
)

test.each(['latest', 'next', 'v', 'stable-1', '_internal', '2026-01-31', 'sha256-abc', 'lts.1'])('%s is a tag of every format', (text) => {
  expect(artifactFormats.filter((format) => isTagName(format, text))).toEqual([...artifactFormats])
})

test('a tag with one forbidden character, a wrong beginning or 129 characters is refused', () => {
  const inserted = withInserted(tag, '/', ':', '@', '%', ' ', '\0', '\n', 'é', '+', '*', '\\')
  const wrong = fc.oneof(
    inserted,
    tag.chain((text) => fc.constantFrom(`.${text}`, `-${text}`, text.padEnd(129, 'a'), '')),
  )
  fc.assert(
    fc.property(fc.constantFrom(...artifactFormats), wrong, (format, text) => {
      expect(isTagName(format, text)).toBe(false)
      expect(Value.Check(TagNameSchema, text)).toBe(false)
    }),
  )
})

test('hostile text never throws, and schema and grammar agree on it', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(isTagName('oci', text)).toBe(Value.Check(TagNameSchema, text))
    }),
  )
  for (const format of artifactFormats) isStable((text) => isTagName(format, text))
})

test('10 kB of anything is decided within 50 ms (D-14)', () => {
  for (const format of artifactFormats) expectLinearTime((text) => isTagName(format, text), ['a', '1.', 'x', 'a.-'])
})

test('128 characters that look like a range at length are decided within 50 ms (D-14)', () => {
  for (const seed of ['0', '1.', 'x.', 'v', '9']) expectLinearTime((text) => isTagName('npm', text.slice(0, 128)), [seed])
})
