import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NamespaceSchema, parseNamespace, reservedNamespaces } from '../../../src/shared/types/namespace-name.ts'
import { expectLinearTime, hostileText, isStable, withInserted } from './hostile-text.ts'

const word = fc.string({ unit: fc.constantFrom(...'abcxyz0189'), minLength: 1, maxLength: 12 })
const namespace = fc
  .array(word, { minLength: 1, maxLength: 6 })
  .map((words) => words.join('-'))
  .filter((name) => name.length <= 39)

test('a namespace parses to itself, its long forms to the short one (Q114)', () => {
  fc.assert(
    fc.property(namespace, (name) => {
      for (const form of [name, `gati.dev/users/${name}`, `gati.dev/orgs/${name}`]) {
        expect(parseNamespace(form)).toBe(name)
        expect(Value.Check(NamespaceSchema, form)).toBe(true)
      }
    }),
  )
})

test('a namespace with one forbidden character, a doubled or an outer hyphen is refused', () => {
  const wrong = fc.oneof(
    withInserted(namespace, 'A', '_', '.', '/', '@', '%', ' ', '\0', '\n', 'é', 'а'),
    namespace.chain((name) => fc.constantFrom(`-${name}`, `${name}-`, `${name}--x`, `@${name}`)),
  )
  fc.assert(
    fc.property(wrong, (text) => {
      expect(parseNamespace(text)).toBeUndefined()
      expect(Value.Check(NamespaceSchema, text)).toBe(false)
    }),
  )
})

test('39 characters are a namespace and 40 are none, in the long form too', () => {
  expect(parseNamespace('a'.repeat(39))).toBe('a'.repeat(39))
  expect(parseNamespace('a'.repeat(40))).toBeUndefined()
  expect(parseNamespace(`gati.dev/orgs/${'a'.repeat(39)}`)).toBe('a'.repeat(39))
  expect(parseNamespace(`gati.dev/orgs/${'a'.repeat(40)}`)).toBeUndefined()
})

test.each(['gati.dev/users/', 'gati.dev/teams/x', 'gati.dev/users/gati.dev/users/x', 'GATI.DEV/users/x', 'gati.dev/users/x/y', ''])(
  '%j is no namespace',
  (text) => {
    expect(parseNamespace(text)).toBeUndefined()
    expect(Value.Check(NamespaceSchema, text)).toBe(false)
  },
)

test('reserved names are well-formed, so that reading `library` works, and `admin` is free for the first admin', () => {
  for (const name of reservedNamespaces) expect(parseNamespace(name)).toBe(name)
  for (const name of ['oci', 'npm', 'model', 'generic', 'library', 'v1', 'api', 'token']) expect(reservedNamespaces.has(name)).toBe(true)
  expect(reservedNamespaces.has('admin')).toBe(false)
})

test('hostile text never throws, and schema and parser agree on it', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(parseNamespace(text) !== undefined).toBe(Value.Check(NamespaceSchema, text))
    }),
  )
  isStable(parseNamespace)
})

test('10 kB of anything is decided within 50 ms (D-14)', () => {
  expectLinearTime(parseNamespace, ['gati.dev/users/', 'a', 'a--', 'ab-'])
})
