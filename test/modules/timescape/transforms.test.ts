import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseNotation } from '../../../src/modules/timescape/gtype/parse-notation.ts'
import { applyOperation } from '../../../src/modules/timescape/transform/apply-operation.ts'
import { findPath, maxHops, type Routes, routesOf } from '../../../src/modules/timescape/transform/find-path.ts'
import type { Operation } from '../../../src/modules/timescape/transform/operations.ts'
import { VersionRange } from '../../../src/modules/timescape/transform/range.ts'
import { problemOf, targetOf, transformerSteps } from '../../../src/modules/timescape/transform/transformer-document.ts'

const allowance = () => ({ visits: 1_000_000, bytes: 1_000_000 })
const apply = (payload: unknown, operations: readonly Operation[]) =>
  operations.reduce((value, operation) => applyOperation(value, operation, allowance()), payload)
const document = ([fromVersion, toVersion]: readonly [string, string], changes: object = {}, more: object = {}) => ({
  ...{ fromArtifact: 'auth', fromVersion, toVersion },
  transformations: [{ type: 'T', changes, ...more }],
})
const stepsOf = (changes: object, more: object = {}) => {
  const [steps] = transformerSteps(document(['1.x', '2.x'], changes, more))
  if (!steps) throw new Error('the document is not valid')
  return steps
}

const field = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
const renames = fc
  .tuple(
    fc.uniqueArray(field, { minLength: 1, maxLength: 6 }),
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'x', 'y'), { minLength: 6, maxLength: 8 }),
  )
  .map(([from, to]) => Object.fromEntries(from.map((name, at) => [name, to[at] ?? name])))

test('Q151: forward then backward of a transformer that renames is the identity, or it is refused', () => {
  let same = 0
  fc.assert(
    fc.property(renames, fc.dictionary(field, fc.jsonValue({ maxDepth: 2 })), (renamed, payload) => {
      const { forward, backward } = stepsOf({ renamed })
      let there: unknown
      try {
        there = apply(payload, forward)
      } catch (error) {
        // Two members would have had one name: nothing is lost without a word.
        expect(error).toMatchObject({ code: 'timescape.transform_failed' })
        return
      }
      same += 1
      // A member that bears a name nothing was renamed to yet would come back as another.
      const untouched = Object.keys(payload).filter((name) => !(name in renamed) && Object.values<string>(renamed).includes(name))
      if (untouched.length > 0) return
      expect(JSON.stringify(apply(there, backward))).toBe(JSON.stringify(payload))
    }),
    { numRuns: 300 },
  )
  expect(same).toBeGreaterThan(150)
})

test('added, removed, mapped and converted members go forward and back', () => {
  const changes = {
    ...{ added: ['remember'], removed: ['legacy'], renamed: { mail: 'email' } },
    ...{ defaults: { remember: false }, restored: { legacy: 'yes' } },
    ...{ mapped: { state: { on: 'active', off: 'inactive' } }, converted: { at: { from: 'seconds', to: 'timestamp' } } },
  }
  const { forward, backward } = stepsOf(changes)
  const old = { mail: 'a@b.c', legacy: 'yes', state: 'on', at: 1_700_000_000 }
  const fresh = { email: 'a@b.c', state: 'active', at: '2023-11-14T22:13:20.000Z', remember: false }
  expect(apply(old, forward)).toEqual(fresh)
  expect(apply(fresh, backward)).toEqual(old)
})

test('operations reach into objects and every item of arrays', () => {
  const { forward } = stepsOf(
    {},
    {
      forward: [
        { op: 'convert', path: 'items[].price', to: 'string' },
        { op: 'rename', in: 'address', names: { zip: 'postcode' } },
        { op: 'add', path: 'address.country', value: 'AT' },
        { op: 'map', path: 'tags[]', values: { a: 'A' }, otherwise: '?' },
        { op: 'remove', path: 'items[].note' },
      ],
    },
  )
  const payload = { items: [{ price: 1, note: 'n' }, { price: 2 }], address: { zip: '1010' }, tags: ['a', 'b'] }
  const untouched = structuredClone(payload)
  expect(apply(payload, forward)).toEqual({
    items: [{ price: '1' }, { price: '2' }],
    address: { postcode: '1010', country: 'AT' },
    tags: ['A', '?'],
  })
  expect(payload).toEqual(untouched)
  expect(apply({ items: 'none', address: null }, forward)).toEqual({ items: 'none', address: null })
})

test('a value that cannot be converted, and a payload that would grow without end, are refused', () => {
  expect(() => apply({ n: 'many' }, [{ op: 'convert', path: 'n', to: 'number' }])).toThrow(/n cannot be made a number/)
  const big: Operation = { op: 'add', path: 'items[].x', value: 'x'.repeat(100_000) }
  expect(() => apply({ items: Array.from({ length: 100 }, () => ({})) }, [big])).toThrow(/too large/)
})

test('converting and renaming count as growth: a chain of them makes no payload explode', () => {
  const items = Array.from({ length: 2_000 }, (_, at) => ({ at }))
  const wrap = Array.from({ length: 1_000 }, (): Operation => ({ op: 'convert', path: 'items[].at', to: 'array' }))
  const budget = { visits: 100_000_000, bytes: 1_000_000 }
  const all = (operations: readonly Operation[]) =>
    operations.reduce<unknown>((value, operation) => applyOperation(value, operation, budget), { items })
  expect(() => all(wrap)).toThrow(/too large/)
  const [long, longer] = ['x'.repeat(256), 'y'.repeat(256)]
  const rename = Array.from({ length: 1_000 }, (_, at): Operation => {
    const [from, to] = at % 2 === 0 ? [long, longer] : [longer, long]
    return { op: 'rename', in: 'items[]', names: { at: long, [from]: to } }
  })
  expect(() => all(rename)).toThrow(/too large|too many/)
})

test('names every object inherits are no values of a table', () => {
  for (const name of ['constructor', 'toString', 'valueOf'])
    expect(() => apply({ v: name }, [{ op: 'convert', path: 'v', to: 'boolean' }])).toThrow(/cannot be made a boolean/)
  expect(apply({}, stepsOf({ added: ['toString'] }).forward)).toEqual({ toString: null })
  expect(parseNotation('string(constructor=1)').type.kind).toBe('opaque')
})

test('what no payload may do to the process is no operation', () => {
  for (const path of ['__proto__', 'a.__proto__.b', 'constructor.prototype', 'a..b', 'a[0]', ''])
    expect(problemOf(document(['1.x', '2.x'], {}, { forward: [{ op: 'remove', path }] }))).not.toBeNull()
  expect(problemOf(document(['1.x', '2.x'], { renamed: { a: '__proto__' } }))).not.toBeNull()
  expect(problemOf(document(['1.x', 'two']))).toMatch(/no range/)
  expect(problemOf(document(['1.x', '2.x'], { added: ['a'] }))).toBeNull()
})

test('the artifact a transformer is about is named as dependencies are', () => {
  expect(targetOf('auth', 'ada')).toEqual({ namespace: 'ada', name: 'auth' })
  expect(targetOf('@bob/auth', 'ada')).toEqual({ namespace: 'bob', name: 'auth' })
  expect(targetOf('gati.dev/users/bob/team/auth', 'ada')).toEqual({ namespace: 'bob', name: 'team/auth' })
})

const linkOf = (name: string, from: string, to: string) => ({ name, from: new VersionRange(from), to: new VersionRange(to) })
const versions = Array.from({ length: 8 }, (_, major) => `${major + 1}.0.0`)
const mapOf = (links: readonly (readonly [number, number])[], alike: readonly (readonly [number, number])[] = []): Promise<Routes> => {
  const near = new Map<string, string[]>()
  for (const [left, right] of alike)
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const)
      near.set(`${from}.0.0`, [...(near.get(`${from}.0.0`) ?? []), `${to}.0.0`])
  return routesOf({ versions, alike: near, transformers: links.map(([from, to], at) => linkOf(`t${at}`, `${from}.x`, `${to}.x`)) })
}

type Pairs = readonly (readonly [number, number])[]

/** Distances by relaxing until nothing changes. */
function distance(links: Pairs, alike: Pairs, [from, to]: readonly [number, number]): number | undefined {
  const steps = [...links.map((pair) => ({ pair, cost: 1 })), ...alike.map((pair) => ({ pair, cost: 0 }))]
  const ways = steps.flatMap(({ pair: [left, right], cost }) => [
    { one: left, other: right, cost },
    { one: right, other: left, cost },
  ])
  const far = new Map<number, number>([[from, 0]])
  const infinite = Number.POSITIVE_INFINITY
  for (let round = 0; round < 20; round += 1)
    for (const { one, other, cost } of ways) {
      const reached = (far.get(one) ?? infinite) + cost
      if (reached < (far.get(other) ?? infinite)) far.set(other, reached)
    }
  return far.get(to)
}

test('a path has the fewest transformers there can be, in either direction, and each hop is one that exists', async () => {
  const pair = fc.tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })).filter(([left, right]) => left !== right)
  await fc.assert(
    fc.asyncProperty(fc.array(pair, { maxLength: 10 }), fc.array(pair, { maxLength: 4 }), pair, async (links, alike, [from, to]) => {
      const path = findPath({ from: `${from}.0.0`, to: `${to}.0.0` }, await mapOf(links, alike))
      expect(path?.length).toBe(distance(links, alike, [from, to]))
      for (const hop of path ?? []) {
        const [left = 0, right = 0] = links[Number(hop.transformer.slice(1))] ?? []
        const ends = [`${left}.0.0`, `${right}.0.0`]
        expect([hop.from, hop.to]).toEqual(hop.direction === 'forward' ? ends : ends.toReversed())
      }
    }),
    { numRuns: 300 },
  )
})

test('a path has at most ten hops', async () => {
  const many = Array.from({ length: 13 }, (_, major) => `${major + 1}.0.0`)
  const transformers = many.slice(1).map((_, at) => linkOf(`t${at}`, `${at + 1}.x`, `${at + 2}.x`))
  const routes = await routesOf({ versions: many, alike: new Map(), transformers })
  expect(findPath({ from: '1.0.0', to: '11.0.0' }, routes)).toHaveLength(maxHops)
  expect(findPath({ from: '1.0.0', to: '12.0.0' }, routes)).toBeUndefined()
})

test('looking for a path among as many versions and transformers as there can be leaves the loop its turns', async () => {
  const many = Array.from({ length: 2_000 }, (_, at) => `1.${at}.0`)
  const transformers = Array.from({ length: 100 }, (_, at) => linkOf(`t${at}`, `>=1.${at * 20}.0 <2.0.0`, `<1.${at * 20}.0`))
  let turns = 0
  const count = setInterval(() => (turns += 1), 1)
  const routes = await routesOf({ versions: many, alike: new Map(), transformers })
  clearInterval(count)
  expect(turns).toBeGreaterThan(3)
  const start = performance.now()
  for (let at = 0; at < 20; at += 1) expect(findPath({ from: '1.1999.0', to: '3.0.0' }, routes)).toBeUndefined()
  expect(performance.now() - start).toBeLessThan(3_000)
  expect(problemOf(document([Array.from({ length: 9 }, (_, at) => `${at}.x`).join(' || '), '10.x']))).toMatch(/more than 8 alternatives/)
})
