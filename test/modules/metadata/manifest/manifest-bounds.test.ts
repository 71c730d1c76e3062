import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseArtifactReference } from '../../../../src/modules/metadata/manifest/artifact-reference.ts'
import { validateArtifactManifest } from '../../../../src/modules/metadata/manifest/validate-artifact-manifest.ts'
import { artifactTypes } from '../../../../src/shared/types/artifact-type.ts'
import { expectLinearTime, hostileText, isStable } from '../../../shared/types/hostile-text.ts'
import { seedManifests } from './seed-manifests.ts'

const wasm = seedManifests['module-wasm']
const pathsOf = (manifest: unknown) => validateArtifactManifest('module-wasm', manifest).map(({ path }) => path)

/** `extra` of this many nested lists; with the manifest around them one level more. */
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels))

test('a manifest may be 64 levels deep and not 65 (D-15)', () => {
  expect(pathsOf({ ...wasm, extra: nested(63) })).toEqual([])
  expect(pathsOf({ ...wasm, extra: nested(64) })).toEqual([`/extra${'/0'.repeat(63)}`])
})

test('depth that would exhaust the stack is only one problem (D-15)', () => {
  let deep: unknown = 'bottom'
  for (let level = 0; level < 200_000; level++) deep = { deep }
  expect(pathsOf({ ...wasm, deep })).toHaveLength(1)
})

test('a manifest may have 10,000 members in all and not one more (D-15)', () => {
  const few = { name: 'a', version: '1.0.0', config: { wasmFile: 'a.wasm' } }
  const members = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))
  expect(pathsOf({ ...few, extra: members(9995) })).toEqual([])
  expect(pathsOf({ ...few, extra: members(9996) })).toHaveLength(1)
  expect(pathsOf({ ...few, one: members(5000), two: members(5000) })).toHaveLength(1)
})

test('an endless list is refused before its items are looked at', () => {
  expect(pathsOf({ ...wasm, extra: new Array(1_000_000).fill(1) })).toEqual(['/extra'])
})

test.each([
  ['NUL in a text', { ...wasm, description: 'a\0b' }, '/description'],
  ['NUL in a text nobody knows', { ...wasm, extra: [{ a: '\0' }] }, '/extra/0/a'],
  ['NUL in a name', { ...wasm, extra: { 'a\0': 1 } }, '/extra'],
  ['half a surrogate pair', { ...wasm, author: '\ud800' }, '/author'],
  ['a member that would be the prototype', JSON.parse('{"extra":{"__proto__":{"admin":true}}}'), '/extra'],
  ['a number JSON lacks', { ...wasm, extra: Number.NaN }, '/extra'],
  ['a function', { ...wasm, extra: () => 1 }, '/extra'],
  ['a bigint', { ...wasm, extra: 1n }, '/extra'],
])('%s is refused, because no database row could hold it', (_name, manifest, path) => {
  expect(pathsOf(manifest)).toEqual([path])
})

test.each([null, undefined, 1, 'text', true, [], [wasm]])('%j is a manifest of no type', (value) => {
  for (const type of artifactTypes) expect(validateArtifactManifest(type, value).map(({ path }) => path)).toEqual([''])
})

const anyType = fc.constantFrom(...artifactTypes)

test('no JSON document makes the validation throw', () => {
  fc.assert(
    fc.property(anyType, fc.jsonValue({ stringUnit: 'binary' }), (type, value) => {
      expect(Array.isArray(validateArtifactManifest(type, value))).toBe(true)
    }),
  )
})

const seeded = fc.constantFrom(...(Object.keys(seedManifests) as (keyof typeof seedManifests)[]))
type Node = Record<string, unknown>

/** Replaces one member somewhere in a seed manifest. */
function replaced(manifest: object, choices: readonly number[], by: unknown): unknown {
  const copy = structuredClone(manifest) as Node
  let at = copy
  for (const choice of choices) {
    const keys = Object.keys(at)
    const key = keys[choice % keys.length]
    if (key === undefined) break
    const below = at[key]
    if (typeof below !== 'object' || below === null || choice % 5 === 0) {
      at[key] = by
      break
    }
    at = below as Node
  }
  return copy
}

test('hostile text anywhere in a manifest never makes the validation throw', () => {
  fc.assert(
    fc.property(
      seeded,
      fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }),
      fc.oneof(hostileText, fc.jsonValue()),
      (...[type, choices, by]) => {
        for (const problem of validateArtifactManifest(type, replaced(seedManifests[type], choices, by)))
          expect(problem).toEqual({ path: expect.any(String), message: expect.any(String), expected: expect.any(String) })
      },
    ),
    { numRuns: 500 },
  )
})

test('every known text of a manifest may be 10 kB of anything and is still decided at once (D-14)', () => {
  const about = (text: string) => ({
    ...wasm,
    name: text,
    version: text,
    config: { wasmFile: text },
    dependencies: [{ name: text, version: text }],
    gtypes: [{ name: text, fields: { [text]: text } }],
    capabilities: [text],
  })
  expectLinearTime((text) => validateArtifactManifest('module-wasm', about(text)), ['a', 'a/', '1.0.0-', '>=1 || ', 'a:', '@a/'])
  const external = (text: string) => ({ name: 'a', version: '1.0.0', config: { url: `https://${text}`, endpoint: text } })
  expectLinearTime((text) => validateArtifactManifest('module-external', external(text)), ['a', 'a.', '[:', ':1'])
  const image = (text: string) => ({ name: 'a', version: '1.0.0', config: { image: text, platforms: [text] } })
  expectLinearTime((text) => validateArtifactManifest('module-oci', image(text)), ['a', 'a__', 'a/', 'a.', 'a-'])
})

test.each([
  ['crypto-utils', { name: 'crypto-utils' }],
  ['acme/crypto-utils', { namespace: 'acme', name: 'crypto-utils' }],
  ['@acme/crypto-utils', { namespace: 'acme', name: 'crypto-utils' }],
  ['acme/team/api:1.0.0+b', { namespace: 'acme', name: 'team/api', version: '1.0.0+b' }],
  ['gati.dev/users/openai/gpt-4:latest', { namespace: 'openai', name: 'gpt-4', version: 'latest' }],
])('the reference %s is read', (text, reference) => {
  expect(parseArtifactReference(text)).toEqual(reference)
})

test.each([
  '',
  ':',
  'a:',
  ':1.0.0',
  'a:b:c',
  '@acme',
  '@/a',
  'a/',
  '/a',
  'gati.dev/users/x',
  'gati.dev/teams/x/y',
  '../x',
  'a/../b',
  'a:^1.0.0',
  'A',
])('the reference %j is refused', (text) => {
  expect(parseArtifactReference(text)).toBeUndefined()
})

test('hostile references never throw', () => {
  isStable(parseArtifactReference)
  expectLinearTime(parseArtifactReference, ['a', 'a:', 'a/', '@', 'gati.dev/users/'])
})
