import { expect, test } from 'vitest'
import { dependenciesOf } from '../../../src/modules/timescape/dependants/dependencies.ts'
import { declaredBump, verdictOf } from '../../../src/modules/timescape/diff/bumps.ts'
import { compareAll, compareSymbols } from '../../../src/modules/timescape/diff/compare-symbols.ts'
import { parseNotation } from '../../../src/modules/timescape/gtype/parse-notation.ts'
import { directionOf, gtypeHashOf, symbolsOf } from '../../../src/modules/timescape/gtype/symbols.ts'

const string = { kind: 'string' }

test.each([
  ['string', string],
  ['enum[positive, negative]', { kind: 'enum', values: ['negative', 'positive'] }],
  ['array', { kind: 'array', items: { kind: 'any' } }],
  ['string[][]', { kind: 'array', items: { kind: 'array', items: string } }],
  ['array<string>', { kind: 'array', items: string }],
  ['array[string]', { kind: 'array', items: string }],
  ['string | null', { kind: 'string', nullable: true }],
  ['"a" | "b" | 1', { kind: 'enum', values: ['a', 'b', 1] }],
  ['true | false', { kind: 'boolean' }],
  ['record<number>', { kind: 'object', properties: new Map(), additional: { kind: 'number' } }],
  ['{ id: uuid, zip?: string }', { kind: 'object', additional: true }],
  ['string(min=1, max=10)', { kind: 'string', minLength: 1, maxLength: 10 }],
  ['[number, number]', { kind: 'tuple', rest: false, minItems: 2 }],
  ['User', { kind: 'ref', name: 'User' }],
])('Q099: the notation %s is a type', (text, expected) => {
  expect(parseNotation(text).type).toMatchObject(expected)
})

test('a question mark makes a field optional; what nobody can read is kept as it is', () => {
  expect(parseNotation('string?').required).toBe(false)
  for (const odd of ['string[', 'string(min=)', '!!', '', 'a b', `${'('.repeat(900)}string${')'.repeat(900)}`, 'x'.repeat(3_000)])
    expect(parseNotation(odd).type.kind).toBe('opaque')
})

test('hostile documents are bounded: depth, width, and references that double', () => {
  const start = performance.now()
  let deep: object = { type: 'string' }
  for (let level = 0; level < 5_000; level += 1) deep = { type: 'array', items: deep }
  const doubling = Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [
      `D${at}`,
      { type: 'object', properties: { x: { $ref: `#/$defs/D${at + 1}` }, y: { $ref: `#/$defs/D${at + 1}` } } },
    ]),
  )
  const wide = {
    anyOf: Array.from({ length: 3_000 }, (_, at) => ({
      type: 'object',
      properties: { [`p${at}`]: { type: 'string' } },
      required: [`p${at}`],
    })),
  }
  const ring = { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } } }
  const before = [deep, { $ref: '#/$defs/D0', $defs: doubling }, wide, ring]
  const after = [
    deep,
    { $ref: '#/$defs/D0', $defs: { ...doubling, D59: { type: 'string' } } },
    { anyOf: [...wide.anyOf, { type: 'null' }, { type: 'number' }] },
    ring,
  ]
  const symbols = (schemas: readonly object[]) =>
    symbolsOf({ gtypes: schemas.map((schema, at) => ({ name: `T${at}`, fields: {}, schema })) })
  const changes = compareSymbols(symbols(before), symbols(after))
  expect(gtypeHashOf(symbols(before))).not.toBe(gtypeHashOf(symbols(after)))
  expect(changes.some(({ path }) => path.startsWith('/gtypes/T1'))).toBe(true)
  expect(changes.some(({ path }) => path.startsWith('/gtypes/T0') || path.startsWith('/gtypes/T3'))).toBe(false)
  expect(performance.now() - start).toBeLessThan(10_000)
})

test('a name says its direction unless the entry does', () => {
  expect(['LoginRequest', 'LoginResponse', 'SentimentInput', 'QueryResult', 'User'].map((name) => directionOf(name))).toEqual([
    'request',
    'response',
    'request',
    'response',
    'both',
  ])
  expect(directionOf('LoginRequest', 'response')).toBe('response')
})

test.each([
  ['1.2.3', '1.2.4', 'patch'],
  ['1.2.3', '1.3.0', 'minor'],
  ['1.2.3', '2.0.0', 'major'],
  ['0.2.3', '0.3.0', 'major'],
  ['0.2.3', '0.2.4', 'minor'],
  ['0.0.3', '0.0.4', 'major'],
  ['0.9.0', '1.0.0', 'major'],
  ['1.0.0-rc.1', '1.0.0-rc.2', 'major'],
  ['2.0.0-rc.1', '2.0.0', 'major'],
  ['1.0.0', '1.1.0-rc.1', 'minor'],
  ['1.0.0', '1.0.0+build', 'none'],
  ['v1.0.0', 'v1.1.0', 'minor'],
  ['2.0.0', '1.0.0', 'major'],
  ['main', '1.0.0', null],
])('semver: from %s to %s declares %s', (from, to, declared) => {
  expect(declaredBump(from, to)).toBe(declared)
})

test('an edge is breaking whatever the numbers say, and undeclared when they say too little', () => {
  const of = (bump: 'minor' | 'major') => [{ bump }]
  expect(verdictOf({ from: '1.0.0', to: '2.0.0' }, of('major'))).toEqual({
    type: 'breaking',
    required: 'major',
    declared: 'major',
    undeclared: false,
  })
  expect(verdictOf({ from: '1.0.0', to: '1.0.1' }, of('minor'))).toEqual({
    type: 'minor',
    required: 'minor',
    declared: 'patch',
    undeclared: true,
  })
  expect(verdictOf({ from: '1.0.0', to: '2.0.0' }, [])).toEqual({ type: 'major', required: 'none', declared: 'major', undeclared: false })
})

test('decision 9: dependencies of manifests and of packages are artifacts with their namespace', () => {
  const manifest = {
    dependencies: [
      { name: 'crypto', version: '^1.0.0', namespace: 'ada' },
      { name: '@bob/db', version: '2.x', optional: true },
      { name: 'own', version: '1' },
    ],
  }
  expect(dependenciesOf(manifest, 'eve')).toEqual(
    expect.arrayContaining([
      { namespace: 'ada', name: 'crypto', range: '^1.0.0', optional: false, kind: 'runtime' },
      { namespace: 'bob', name: 'db', range: '2.x', optional: true, kind: 'runtime' },
      { namespace: 'eve', name: 'own', range: '1', optional: false, kind: 'runtime' },
    ]),
  )
  const json = {
    dependencies: { 'left-pad': '^1', '@Ada/x': '1' },
    peerDependencies: { '@ada/auth': '>=1' },
    optionalDependencies: { a: 5 },
  }
  expect(dependenciesOf(json, 'eve')).toEqual(
    expect.arrayContaining([
      { namespace: 'library', name: 'left-pad', range: '^1', optional: false, kind: 'runtime' },
      { namespace: 'ada', name: 'auth', range: '>=1', optional: false, kind: 'peer' },
      { namespace: 'library', name: 'a', range: '*', optional: true, kind: 'optional' },
    ]),
  )
  expect(dependenciesOf(json, 'eve')).toHaveLength(3)
})

test('versions with many types that refer to each other are compared in one walk', () => {
  const chain = (last: string) =>
    symbolsOf({
      gtypes: Array.from({ length: 1_000 }, (_, at) => ({
        name: `T${at}`,
        fields: { next: at < 999 ? `T${at + 1}` : last, id: 'string' },
      })),
    })
  const [before, same, after] = [chain('string'), chain('string'), chain('number')]
  const start = performance.now()
  expect(compareSymbols(before, same)).toEqual([])
  const changes = compareSymbols(before, after)
  expect(gtypeHashOf(before)).toBe(gtypeHashOf(same))
  // A quadratic comparison takes minutes.
  expect(performance.now() - start).toBeLessThan(3_000)
  expect(changes.length).toBe(1_000)
  expect(changes.every(({ bump }) => bump === 'major')).toBe(true)
})

test('many types that refer to each other do not break when one of them changes compatibly', () => {
  const web = (more: Record<string, string>) => {
    const fields = (at: number) => Object.fromEntries(Array.from({ length: 7 }, (_, field) => [`f${field}`, `T${(at * 7 + field) % 200}`]))
    return symbolsOf({
      gtypes: Array.from({ length: 200 }, (_, at) => ({ name: `T${at}`, fields: { ...fields(at), ...(at === 0 && more) } })),
    })
  }
  const { changes } = compareAll(web({}), web({ 'more?': 'string' }))
  expect(changes.length).toBeGreaterThan(0)
  expect(changes.filter(({ bump }) => bump === 'major')).toEqual([])
  expect(compareSymbols(web({}), web({ more: 'string' })).filter(({ bump }) => bump === 'major')).toHaveLength(201)
})

test('a breaking change behind more harmless ones than are listed is not lost', () => {
  const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`a${at}?`, 'string']))
  const one = (types: Record<string, object>) =>
    symbolsOf({ gtypes: Object.entries(types).map(([name, type]) => ({ name, fields: type })) })
  const inOneType = compareAll(one({ AResponse: { z: 'string' } }), one({ AResponse: { ...fields(600), z: 'number' } }))
  expect(verdictOf({ from: '1.0.0', to: '1.1.0' }, inOneType.changes)).toMatchObject({ type: 'breaking', undeclared: true })
  expect(inOneType).toMatchObject({ isCut: true, changes: { length: 500 } })
  const names = Array.from({ length: 3 }, (_, at) => `A${at}Response`)
  const many = (count: number, last: string) =>
    one({ ...Object.fromEntries(names.map((name) => [name, fields(count)])), ZResponse: { z: last } })
  const inTheLast = compareAll(many(0, 'string'), many(450, 'number'))
  expect(inTheLast).toMatchObject({ isCut: true, changes: { length: 1_000 } })
  expect(inTheLast.changes.at(-1)).toMatchObject({ path: '/gtypes/ZResponse/properties/z', bump: 'major' })
})
