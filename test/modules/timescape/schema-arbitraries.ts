import fc from 'fast-check'

/** JSON Schemas of the kinds that types are made of, small enough to meet often. */
export interface Schema {
  readonly [keyword: string]: unknown
}

const names = ['a', 'b', 'c'] as const

const leaf: fc.Arbitrary<Schema> = fc.oneof(
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: 'null' }),
  fc.record(
    { type: fc.constant('string'), minLength: fc.integer({ min: 0, max: 3 }), maxLength: fc.integer({ min: 3, max: 6 }) },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    { type: fc.constantFrom('number', 'integer'), minimum: fc.integer({ min: -3, max: 1 }), maximum: fc.integer({ min: 1, max: 5 }) },
    { requiredKeys: ['type'] },
  ),
  // As draft-04 writes it: of the wrong type for whoever reads a later draft.
  fc.boolean().map((exclusiveMinimum) => ({ type: 'integer', minimum: 1, ...(exclusiveMinimum && { exclusiveMinimum }) })),
  fc.record({ enum: fc.uniqueArray(fc.constantFrom('x', 'y', 'z', 1, 2, true), { minLength: 1, maxLength: 4 }) }),
)

/** What references lead to: by name, into the middle of a definition, to an anchor. */
const definitions = fc.record({
  B: fc.record(
    {
      type: fc.constant('object'),
      properties: fc.dictionary(fc.constantFrom(...names), leaf, { maxKeys: 3 }),
      required: fc.subarray([...names]),
      additionalProperties: fc.boolean(),
    },
    { requiredKeys: ['type', 'properties'] },
  ),
  S: fc.record({ type: fc.constant('string'), maxLength: fc.integer({ min: 3, max: 6 }) }, { requiredKeys: ['type'] }),
  D: leaf.map((a): Schema => ({ type: 'object', properties: { a } })),
  N: leaf.map((node): Schema => ({ ...node, $anchor: 'n' })),
})
type Definitions = typeof definitions extends fc.Arbitrary<infer T> ? T : never
const toB = { $ref: '#/$defs/B' }
const reference: fc.Arbitrary<Schema> = fc.oneof(
  fc.constantFrom(toB, { $ref: '#/$defs/S' }, { $ref: '#/$defs/D/properties/a' }, { $ref: '#n' }),
  fc.subarray([...names]).map((required) => ({ ...toB, required })),
  fc.integer({ min: 2, max: 5 }).map((maxLength) => ({ $ref: '#/$defs/S', maxLength })),
  fc.constant({ not: { $ref: '#/$defs/D/properties/a' } }),
)

const { schema } = fc.letrec<{ schema: Schema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { arbitrary: leaf, weight: 3 },
    { arbitrary: reference, weight: 2 },
    {
      arbitrary: fc.record(
        {
          type: fc.constant('object'),
          properties: fc.dictionary(fc.constantFrom(...names), tie('schema'), { maxKeys: 3 }),
          required: fc.subarray([...names]),
          additionalProperties: fc.oneof(fc.boolean(), leaf),
        },
        { requiredKeys: ['type', 'properties'] },
      ),
      weight: 4,
    },
    {
      arbitrary: fc.record(
        {
          type: fc.constant('array'),
          items: tie('schema'),
          minItems: fc.integer({ min: 0, max: 1 }),
          maxItems: fc.integer({ min: 1, max: 3 }),
          uniqueItems: fc.constant(true),
        },
        { requiredKeys: ['type', 'items'] },
      ),
      weight: 1,
    },
    { arbitrary: fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }), weight: 2 },
    { arbitrary: fc.record({ allOf: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }) }), weight: 1 },
  ),
}))

type Edit = (node: Schema, piece: Schema) => Schema

const withProperty =
  (name: string): Edit =>
  (node, piece) => ({ ...node, properties: { ...(node['properties'] as object), [name]: piece } })
const withoutProperty =
  (name: string): Edit =>
  (node) => {
    const { [name]: _gone, ...properties } = (node['properties'] ?? {}) as Record<string, unknown>
    return { ...node, properties, required: ((node['required'] ?? []) as string[]).filter((one) => one !== name) }
  }

const objectEdits: readonly Edit[] = [
  ...names.flatMap((name) => [withProperty(name), withoutProperty(name)]),
  (node) => ({ ...node, required: Object.keys((node['properties'] ?? {}) as object) }),
  (node) => ({ ...node, required: [] }),
  (node) => ({ ...node, additionalProperties: false }),
  (node) => ({ ...node, additionalProperties: true }),
  (node, piece) => ({ ...node, additionalProperties: piece }),
]
const anyEdits: readonly Edit[] = [
  (node) => ({ anyOf: [node, { type: 'null' }] }),
  (node, piece) => ({ anyOf: [node, piece] }),
  (_node, piece) => piece,
  (node, piece) => ({ allOf: [node, piece] }),
]
const leafEdits: readonly Edit[] = [
  (node) => ('enum' in node ? { enum: [...(node['enum'] as unknown[]), 'new'] } : { ...node, minimum: 0, minLength: 1 }),
  (node) => ('enum' in node ? { enum: (node['enum'] as unknown[]).slice(0, 1) } : { ...node, maximum: 3, maxLength: 3 }),
  ({ minimum: _minimum, minLength: _minLength, minItems: _minItems, ...node }) => node,
  ({ maximum: _maximum, maxLength: _maxLength, maxItems: _maxItems, uniqueItems: _uniqueItems, ...node }) => node,
  (node) => (node['type'] === 'integer' ? { ...node, type: 'number' } : node),
  (node) => (node['type'] === 'number' ? { ...node, type: 'integer' } : node),
]

/** Changes the schema at one place, deeper down half of the time. */
function edited(node: Schema, picks: readonly number[], piece: Schema): Schema {
  const [pick = 0, ...rest] = picks
  const deeper = pick % 2 === 0 && rest.length > 0
  const properties = Object.entries((node['properties'] ?? {}) as Record<string, Schema>)
  const [name, member] = properties[pick % Math.max(properties.length, 1)] ?? []
  if (deeper && name !== undefined && member)
    return { ...node, properties: { ...Object.fromEntries(properties), [name]: edited(member, rest, piece) } }
  const [variant, ...variants] = (node['anyOf'] ?? []) as readonly Schema[]
  if (deeper && variant) return { ...node, anyOf: [edited(variant, rest, piece), ...variants] }
  if (deeper && node['items']) return { ...node, items: edited(node['items'] as Schema, rest, piece) }
  const own = node['type'] === 'object' ? objectEdits : leafEdits
  const edits = [...own, ...own, ...anyEdits]
  return (edits[pick % edits.length] ?? ((same) => same))(node, piece)
}

const withDefinitions = (root: Schema, $defs: Definitions): Schema => ({ ...root, $defs })

const pick = <T>(list: readonly T[], at: number): T => list[at % list.length] as T

/** The same names stay, and an object stays one: what is beside a reference to it is about its members. */
function editedDefinitions({ B, S, D, N }: Definitions, [at = 0, ...picks]: readonly number[], piece: Schema): Definitions {
  const edits: readonly (() => Definitions)[] = [
    () => ({ B: pick(objectEdits, picks[0] ?? at)(B, piece) as typeof B, S, D, N }),
    () => ({ B, S: { type: 'string', maxLength: 4 }, D, N }),
    () => ({ B, S, D: { type: 'object', properties: { a: edited((D['properties'] as { a: Schema }).a, picks, piece) } }, N }),
    () => ({ B, S, D, N: { ...piece, $anchor: 'n' } }),
  ]
  return pick(edits, at)()
}

/** Two versions of a type that have something to do with each other. */
export const schemaPairs = fc
  .record({
    before: schema,
    definitions,
    picks: fc.array(fc.nat(40), { minLength: 1, maxLength: 4 }),
    piece: leaf,
    times: fc.integer({ min: 1, max: 2 }),
    isInside: fc.boolean(),
  })
  .map(({ before, definitions: known, picks, piece, times, isInside }) => {
    if (isInside) return { before: withDefinitions(before, known), after: withDefinitions(before, editedDefinitions(known, picks, piece)) }
    let after = before
    for (let time = 0; time < times; time += 1)
      after = edited(
        after,
        picks.map((one) => one + time * 7),
        piece,
      )
    return { before: withDefinitions(before, known), after: withDefinitions(after, known) }
  })

export const schemas = fc.tuple(schema, definitions).map(([root, known]) => withDefinitions(root, known))

type Random = () => number
interface Sampling {
  readonly random: Random
  readonly definitions: Definitions
}

/** What it refers to, with what stands beside. */
function referred({ $ref, required = [], ...beside }: Schema, { definitions: { B, S, D, N } }: Sampling): Schema {
  const found: ReadonlyMap<unknown, Schema> = new Map([
    ['#/$defs/B', B],
    ['#/$defs/S', S],
    ['#n', N],
  ])
  const target = found.get($ref) ?? (D['properties'] as { a: Schema }).a
  const both = [...((target['required'] ?? []) as string[]), ...(required as string[])]
  return { ...target, ...beside, required: both }
}

/** A value the schema is likely to take; whether it does is for the caller to check. Undeclared members bear names nothing declares. */
export function sampleOf(root: Schema, random: Random): unknown {
  return sample(root, { random, definitions: root['$defs'] as Definitions })
}

function sample(node: Schema, sampling: Sampling): unknown {
  const { random } = sampling
  const pickOf = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  if ('$ref' in node) return sample(referred(node, sampling), sampling)
  if ('not' in node) return pickAny(random)
  if (Array.isArray(node['enum'])) return pickOf(node['enum'])
  if (Array.isArray(node['anyOf'])) return sample(pickOf(node['anyOf']), sampling)
  if (Array.isArray(node['allOf'])) {
    const parts = node['allOf'].map((part) => sample(part, sampling))
    return parts.every((part) => typeof part === 'object' && part !== null && !Array.isArray(part))
      ? Object.assign({}, ...parts)
      : pickOf(parts)
  }
  const within = (low: number, high: number): number => Math.floor(low + random() * (high - low + 1))
  const number = (keyword: string, otherwise: number): number => (typeof node[keyword] === 'number' ? node[keyword] : otherwise)
  switch (node['type']) {
    case 'boolean':
      return random() < 0.5
    case 'null':
      return null
    case 'string':
      return random() < 0.3 ? pickOf(['x', 'y', 'z', 'new']) : 'w'.repeat(within(number('minLength', 0), number('maxLength', 8)))
    case 'integer':
      return within(number('minimum', -6), number('maximum', 8))
    case 'number':
      return within(number('minimum', -6), number('maximum', 8)) + (random() < 0.4 ? 0 : 0.5)
    case 'array':
      return Array.from({ length: within(number('minItems', 0), number('maxItems', 3)) }, () => sample(node['items'] as Schema, sampling))
    default:
      return objectValue(node, sampling)
  }
}

function objectValue(node: Schema, sampling: Sampling): Record<string, unknown> {
  const { random } = sampling
  const required = (node['required'] ?? []) as string[]
  const declared = (node['properties'] ?? {}) as Record<string, Schema>
  const rest = node['additionalProperties'] ?? true
  const further = (): unknown => (typeof rest === 'object' ? sample(rest as Schema, sampling) : pickAny(random))
  const chosen = Object.entries(declared).filter(([name]) => required.includes(name) || random() < 0.6)
  const value: Record<string, unknown> = Object.fromEntries(chosen.map(([name, member]) => [name, sample(member, sampling)]))
  for (const name of required.filter((one) => !(one in declared))) value[name] = further()
  if (rest !== false && random() < 0.4) value['fresh'] = further()
  return value
}

const pickAny = (random: Random): unknown => [1, 'text', null, true, {}][Math.floor(random() * 5)]
