import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ArtifactNameSchema, foldName, parseArtifactName } from '../../../src/shared/types/artifact-name.ts'
import { type ArtifactFormat, artifactFormats } from '../../../src/shared/types/artifact-type.ts'
import { expectLinearTime, hostileText, isStable, withInserted } from './hostile-text.ts'

const word = fc.string({ unit: fc.constantFrom(...'abcxyz0189'), minLength: 1, maxLength: 6 })
const separator = fc.constantFrom('.', '_', '__', '-', '--', '---')
const segment = fc
  .tuple(word, fc.array(fc.tuple(separator, word), { maxLength: 3 }))
  .map(([first, rest]) => first + rest.map(([between, next]) => between + next).join(''))
const repository = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'))
const pathFormat = fc.constantFrom<ArtifactFormat>('oci', 'model', 'generic')
const packageName = fc
  .tuple(fc.constantFrom(...'ab09-'), fc.string({ unit: fc.constantFrom(...'ab09-._'), maxLength: 30 }))
  .map(([first, rest]) => first + rest)

test('generated repository names are names of oci, model and generic artifacts', () => {
  fc.assert(
    fc.property(pathFormat, repository, (format, name) => {
      expect(parseArtifactName(format, name)).toBe(name)
      expect(Value.Check(ArtifactNameSchema, name)).toBe(true)
    }),
  )
})

test('generated package names are names of npm artifacts', () => {
  fc.assert(
    fc.property(packageName, (name) => {
      expect(parseArtifactName('npm', name)).toBe(name)
      expect(Value.Check(ArtifactNameSchema, name)).toBe(true)
    }),
  )
})

test('a name with one forbidden character is refused in every format', () => {
  const wrong = withInserted(repository, 'A', 'Z', '@', '%', ' ', '\0', '\n', 'é', 'а', '\\', ':', '~', '*', '?', '#')
  fc.assert(
    fc.property(fc.constantFrom(...artifactFormats), wrong, (format, text) => {
      expect(parseArtifactName(format, text)).toBeUndefined()
      expect(Value.Check(ArtifactNameSchema, text)).toBe(false)
    }),
  )
})

test.each(['', '/', '/a', 'a/', 'a//b', '.', '..', '../x', 'a/../b', 'a/..', '.a', '_a', 'a\n', '%2e%2e', 'a%2fb'])(
  '%j is a name of no format',
  (text) => {
    for (const format of artifactFormats) expect(parseArtifactName(format, text)).toBeUndefined()
    expect(Value.Check(ArtifactNameSchema, text)).toBe(false)
  },
)

test.each(['a.', 'a-', '-a', 'a_-b', 'a___b', 'a..b', 'a._b'])('%j is a package name and no repository name', (text) => {
  expect(parseArtifactName('npm', text)).toBe(text)
  for (const format of ['oci', 'model', 'generic'] as const) expect(parseArtifactName(format, text)).toBeUndefined()
})

test.each(['node_modules', 'favicon.ico', 'team/api', 'left pad'])('%j is no package name', (text) => {
  expect(parseArtifactName('npm', text)).toBeUndefined()
})

test('limits count what the client sends: 214 for npm with its scope, 255 for an OCI repository with its namespace (D-14)', () => {
  const name = (length: number) => 'a'.repeat(length)
  expect(parseArtifactName('npm', name(214))).toBe(name(214))
  expect(parseArtifactName('npm', name(215))).toBeUndefined()
  expect(parseArtifactName('npm', name(214), 'library')).toBe(name(214))
  expect(parseArtifactName('npm', name(208), 'acme')).toBe(name(208))
  expect(parseArtifactName('npm', name(209), 'acme')).toBeUndefined()
  expect(parseArtifactName('oci', name(250), 'acme')).toBe(name(250))
  expect(parseArtifactName('oci', name(251), 'acme')).toBeUndefined()
  expect(parseArtifactName('generic', name(255), 'acme')).toBe(name(255))
  expect(parseArtifactName('model', name(256))).toBeUndefined()
})

test('hostile text never throws, and a name of any format fits the schema of routes', () => {
  fc.assert(
    fc.property(fc.constantFrom(...artifactFormats), hostileText, (format, text) => {
      if (parseArtifactName(format, text) !== undefined) expect(Value.Check(ArtifactNameSchema, text)).toBe(true)
    }),
  )
  for (const format of artifactFormats) isStable((text) => parseArtifactName(format, text))
  isStable(foldName)
})

test('10 kB of anything is decided within 50 ms (D-14)', () => {
  for (const format of artifactFormats) expectLinearTime((text) => parseArtifactName(format, text), ['a', 'a__', 'ab', '--a', 'a/b'])
  expectLinearTime(foldName, ['a', '\ufdfa', '0-', 'İ', 'e\u0301'])
})

test.each([
  ['Left-Pad', 'leftpad'],
  ['left_pad', 'left.pad'],
  ['1eft-pad', 'left-pad'],
  ['g00gle', 'google'],
  ['ｌｅｆｔ-pad', 'left-pad'],
  ['ﬁle', 'file'],
])('%s and %s are confusable', (left, right) => {
  expect(foldName(left)).toBe(foldName(right))
})

test.each([
  ['left-pad', 'right-pad'],
  ['team/api', 'teamapi'],
  ['lib', 'iib'],
  ['corn', 'com'],
])('%s and %s are not confusable', (left, right) => {
  expect(foldName(left)).not.toBe(foldName(right))
})

test('folding a folded name changes nothing, and separators and case never matter', () => {
  fc.assert(
    fc.property(repository, separator, fc.nat(), (name, between, at) => {
      const place = at % (name.length + 1)
      expect(foldName(foldName(name))).toBe(foldName(name))
      expect(foldName((name.slice(0, place) + between + name.slice(place)).toUpperCase())).toBe(foldName(name))
    }),
  )
})
