import { expect, test } from 'vitest'
import { compareSymbols } from '../../../src/modules/timescape/diff/compare-symbols.ts'
import { symbolsOf } from '../../../src/modules/timescape/gtype/symbols.ts'

interface Schema {
  readonly [keyword: string]: unknown
}

const rulesOf = (before: Schema, after: Schema, direction = 'request'): readonly string[] => {
  const symbol = (schema: Schema) => symbolsOf({ gtypes: [{ name: 'T', fields: {}, schema, direction }] })
  expect(compareSymbols(symbol(before), symbol(structuredClone(before)))).toEqual([])
  return compareSymbols(symbol(before), symbol(after)).map(({ bump, rule }) => `${bump} ${rule}`)
}
const isBreaking = (before: Schema, after: Schema): boolean => rulesOf(before, after).some((rule) => rule.startsWith('major'))

const B = { type: 'object', properties: { a: { type: 'string' } } }
const toB = { $ref: '#/$defs/B' }
const text = { type: 'string' }
const number = { type: 'number' }
const at = (member: Schema, $defs: Schema = { B }) => ({ type: 'object', properties: { member }, $defs })

test.each<[string, Schema, Schema]>([
  ['required beside it', at(toB), at({ ...toB, required: ['x'] })],
  ['a limit beside it', at({ $ref: '#/$defs/S' }, { S: text }), at({ $ref: '#/$defs/S', maxLength: 3 }, { S: text })],
  ['null no longer beside it', at({ ...toB, nullable: true }), at(toB)],
  ['an enum beside it', at({ $ref: '#/$defs/S' }, { S: text }), at({ $ref: '#/$defs/S', enum: ['a'] }, { S: text })],
  [
    'the second of two definitions of one name',
    at({ type: 'object', properties: { l: { $defs: { N: text }, $ref: '#/$defs/N' }, r: { $defs: { N: text }, $ref: '#/$defs/N' } } }),
    at({ type: 'object', properties: { l: { $defs: { N: text }, $ref: '#/$defs/N' }, r: { $defs: { N: number }, $ref: '#/$defs/N' } } }),
  ],
  [
    'what a pointer leads to',
    at({ $ref: '#/$defs/A/properties/b' }, { A: { properties: { b: text } }, b: text }),
    at({ $ref: '#/$defs/A/properties/b' }, { A: { properties: { b: number } }, b: text }),
  ],
  ['what an anchor leads to', at({ $ref: '#n' }, { X: { $anchor: 'n', ...text } }), at({ $ref: '#n' }, { X: { $anchor: 'n', ...number } })],
  [
    'what a dynamic anchor leads to',
    at({ $dynamicRef: '#n' }, { X: { $dynamicAnchor: 'n', ...text } }),
    at({ $dynamicRef: '#n' }, { X: { $dynamicAnchor: 'n', ...number } }),
  ],
  ['what is forbidden by name', at({ not: { $ref: '#/$defs/S' } }, { S: text }), at({ not: { $ref: '#/$defs/S' } }, { S: {} })],
  [
    'a pointer within a schema with an id of its own',
    at({ $id: 'inner', $defs: { N: text }, properties: { m: { $ref: '#/$defs/N' } } }, { N: text }),
    at({ $id: 'inner', $defs: { N: number }, properties: { m: { $ref: '#/$defs/N' } } }, { N: text }),
  ],
  ['what an id leads to', at({ $ref: 'S' }, { X: { $id: 'S', ...text } }), at({ $ref: 'S' }, { X: { $id: 'S', ...number } })],
  ['a file of the same name elsewhere', at({ $ref: 'https://a.example/S' }), at({ $ref: 'https://b.example/S' })],
  ['a bound that draft-04 calls exclusive', at({ type: 'number', minimum: 1 }), at({ type: 'number', minimum: 1, exclusiveMinimum: true })],
  ['a keyword of the wrong type', at(text), at({ ...text, minLength: '3' })],
  ['a bound beside a type nobody names', at({ anyOf: [{}] }), at({ anyOf: [{ not: text }] })],
  [
    'a second bound that is not read',
    at({ allOf: [{ type: 'string', not: { const: 'a' } }], not: { const: 'b' } }),
    at({ allOf: [text], not: { const: 'b' }, contentEncoding: 'base64' }),
  ],
  ['a type beside what is listed', at({ enum: ['a', 1] }), at({ enum: ['a', 1], type: 'string' })],
  [
    'a tuple whose items have to differ',
    at({ type: 'array', prefixItems: [text, text] }),
    at({ type: 'array', prefixItems: [text, text], uniqueItems: true }),
  ],
  [
    'a member of what is referred to, with an open object beside the reference',
    at({ ...toB, required: [] }),
    at({ ...toB, required: [] }, { B: { type: 'object', properties: { a: number } } }),
  ],
  [
    'a member of a variant, with an open object beside',
    at(
      { anyOf: [{ type: 'null' }, { $ref: '#/$defs/C' }], required: [] },
      { B, C: { type: 'object', properties: { c: text }, required: ['c'] } },
    ),
    at(
      { anyOf: [{ type: 'null' }, { $ref: '#/$defs/C' }], required: [] },
      { B, C: { type: 'object', properties: { c: number }, required: ['c'] } },
    ),
  ],
])('P7: a change is seen behind or beside a reference: %s', (_what, before, after) => {
  expect(isBreaking(before, after)).toBe(true)
})

test('a variant that rules null out by what is not read does not take null', () => {
  const either = { anyOf: [{ not: { type: 'null' } }, number] }
  expect(rulesOf(at({ type: 'null' }), at(either)).some((rule) => rule.startsWith('major'))).toBe(true)
})

test('a reference is followed to what it names, however it is written', () => {
  const wider = { type: ['string', 'number'] }
  for (const [reference, $defs] of [
    ['#/$defs/S', (S: Schema) => ({ S })],
    ['#/%24defs/S', (S: Schema) => ({ S })],
    ['#/$defs/A/properties/b', (b: Schema) => ({ A: { properties: { b } } })],
    ['#n', (S: Schema) => ({ S: { $anchor: 'n', ...S } })],
    ['S', (S: Schema) => ({ X: { $id: 'S', ...S } })],
  ] as const) {
    const of = (schema: Schema) => at({ $ref: reference }, $defs(schema))
    expect(rulesOf(of(text), of({ ...text, maxLength: 3 }))).toEqual(['major constraint-tightened'])
    expect(rulesOf(of(text), of(wider)).every((rule) => !rule.startsWith('major'))).toBe(true)
    expect(rulesOf(of(text), at(text))).toEqual([])
  }
})

test('what stands beside a reference is told where it changes', () => {
  expect(rulesOf(at(toB), at({ ...toB, nullable: true }))).toEqual(['minor became-nullable'])
  expect(rulesOf(at({ ...toB, default: {} }), at({ ...toB, default: { a: 'x' } }))).toHaveLength(1)
  expect(rulesOf(at({ ...toB, title: 'one' }), at({ ...toB, title: 'other', deprecated: true }))).toEqual([])
})

test('a schema that refers to itself is compared as what it is', () => {
  const tree = (more: Schema) => ({ type: 'object', properties: { next: { $ref: '#' }, ...more } })
  expect(rulesOf(tree({}), tree({ note: text }))).not.toContain('major type-changed')
  expect(isBreaking(tree({ note: text }), tree({ note: number }))).toBe(true)
  // As TypeBox writes it.
  const ring = (more: Schema) => ({ $id: 'T0', type: 'object', properties: { next: { $ref: 'T0' }, ...more } })
  expect(isBreaking(ring({}), ring({ note: text }))).toBe(false)
  expect(isBreaking(ring({ note: text }), ring({ note: number }))).toBe(true)
})

test('hostile references are bounded: many that mean nothing certain, into each other, and in depth', () => {
  const start = performance.now()
  const many = (count: number, of: (index: number) => unknown) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, of(index)]))
  const foreign = {
    properties: many(8_000, (index) => ({ $ref: `https://a.example/${index}/x#/y` })),
    $defs: many(8_000, (index) => ({ $id: `i${index}/x` })),
  }
  const pointers = { properties: many(5_000, (index) => ({ $ref: index === 0 ? '#' : `#/properties/m${index - 1}` })) }
  let deep: Schema = { $ref: '#/$defs/N' }
  for (let level = 0; level < 90; level += 1) deep = { $defs: { N: deep, [`n${level}`]: text }, properties: { N: { $ref: '#/$defs/N' } } }
  for (const schema of [foreign, pointers, deep]) rulesOf(schema, { ...schema, description: 'other', required: ['x'] })
  expect(performance.now() - start).toBeLessThan(8_000)
})
