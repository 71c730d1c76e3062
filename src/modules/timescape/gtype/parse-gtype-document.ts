import type { GType, Property } from './gtype.ts'
import { isObject, isScalar, type JsonObject, listAt, numberAt, objectAt, textAt } from './json-values.ts'
import { anything, enumOf, intersectionOf, never, nullable, objectOf, unionOf } from './normal-form.ts'
import { simpleTypes } from './notation-words.ts'
import type { ReadSchema } from './parse-json-schema.ts'
import { Walk } from './walk.ts'

/** `{version, root, definitions}` as the GType system serializes it (seed-systems §3.3), or one node of it. Throws `TypeTooLarge`. */
export function parseGTypeDocument(document: unknown): ReadSchema {
  const walk = new Walk()
  const isWrapped = isObject(document) && 'root' in document
  const named = isWrapped ? Object.entries(objectAt(document, 'definitions')) : []
  return {
    root: readNode(isWrapped ? document['root'] : document, walk),
    definitions: new Map(named.map(([name, node]) => [name, readNode(node, walk)])),
  }
}

function readNode(node: unknown, above: Walk): GType {
  const walk = above.deeper()
  if (typeof node === 'string') return simpleTypes.get(node) ?? { kind: 'ref', name: node }
  if (!isObject(node)) return anything
  const type = ofKind(node, walk)
  const brand = textAt(node, 'brand')
  const whole = {
    ...type,
    ...(brand !== undefined && { brand }),
    ...('default' in node && { defaultValue: node['default'] }),
  }
  return node['nullable'] === true ? nullable(whole) : whole
}

const kindOf = (node: JsonObject): string => {
  const kind = textAt(node, 'kind') ?? textAt(node, 'type')
  if (kind === 'primitive') return textAt(node, 'primitiveType') ?? textAt(node, 'type') ?? 'unknown'
  if (kind !== undefined) return kind
  const found = ['anyOf', 'allOf', '$ref', 'properties', 'enum'].find((member) => member in node)
  return found === undefined ? 'unknown' : ({ anyOf: 'union', allOf: 'intersection', $ref: 'ref', properties: 'object' }[found] ?? 'enum')
}

type Reader = (node: JsonObject, walk: Walk) => GType

const partsOf = (node: JsonObject, walk: Walk, ...members: readonly string[]): GType[] =>
  (members.map((member) => listAt(node, member)).find((list) => list !== undefined) ?? []).map((part) => readNode(part, walk))

const readers: Readonly<Record<string, Reader>> = {
  string: (node) => ({
    kind: 'string',
    minLength: numberAt(node, 'minLength'),
    maxLength: numberAt(node, 'maxLength'),
    pattern: textAt(node, 'pattern'),
    format: textAt(node, 'format'),
  }),
  number: (node) => numberNode(node, node['integer'] === true),
  integer: (node) => numberNode(node, true),
  boolean: () => ({ kind: 'boolean' }),
  null: () => ({ kind: 'null' }),
  bigint: () => ({ kind: 'bigint' }),
  any: () => anything,
  unknown: () => anything,
  never: () => never,
  object: (node, walk) => objectNode(node, walk),
  record: (node, walk) => {
    const values = node['values'] ?? node['valueType'] ?? node['items']
    return objectOf(new Map(), values === undefined ? true : readNode(values, walk))
  },
  array: (node, walk) => ({
    kind: 'array',
    items: node['items'] === undefined ? anything : readNode(node['items'], walk),
    minItems: numberAt(node, 'minItems'),
    maxItems: numberAt(node, 'maxItems'),
    uniqueItems: node['uniqueItems'] === true || undefined,
  }),
  tuple: (node, walk) => {
    const items = partsOf(node, walk, 'items', 'elements')
    return { kind: 'tuple', items, rest: false, minItems: numberAt(node, 'minItems') ?? items.length }
  },
  union: (node, walk) => unionOf(partsOf(node, walk, 'anyOf', 'types', 'variants', 'options')),
  intersection: (node, walk) => intersectionOf(partsOf(node, walk, 'allOf', 'types', 'parts')),
  enum: (node) => enumOf((listAt(node, 'values') ?? listAt(node, 'enum') ?? []).filter(isScalar)),
  literal: (node) => literalNode(node['value'] ?? node['const'] ?? null),
  ref: (node) => refNode(node),
}

function ofKind(node: JsonObject, walk: Walk): GType {
  const kind = kindOf(node)
  const reader = Object.hasOwn(readers, kind) ? readers[kind] : undefined
  if (reader) return reader(node, walk)
  return { kind: 'opaque', text: kind }
}

const literalNode = (value: unknown): GType => {
  if (value === null) return { kind: 'null' }
  return isScalar(value) ? enumOf([value]) : { kind: 'opaque', text: JSON.stringify(value) }
}

function refNode(node: JsonObject): GType {
  const reference = textAt(node, '$ref') ?? textAt(node, 'refId') ?? textAt(node, 'ref') ?? ''
  return { kind: 'ref', name: reference.slice(reference.lastIndexOf('/') + 1) }
}

const numberNode = (node: JsonObject, integer: boolean): GType => ({
  kind: 'number',
  integer: integer || undefined,
  minimum: numberAt(node, 'minimum') ?? numberAt(node, 'min'),
  maximum: numberAt(node, 'maximum') ?? numberAt(node, 'max'),
  exclusiveMinimum: numberAt(node, 'exclusiveMinimum'),
  exclusiveMaximum: numberAt(node, 'exclusiveMaximum'),
  multipleOf: numberAt(node, 'multipleOf'),
})

/** A property is `{type, required}` around its type, or the type itself. */
function objectNode(node: JsonObject, walk: Walk): GType {
  const listed = new Set(listAt(node, 'required'))
  const properties = new Map<string, Property>()
  for (const [name, entry] of Object.entries(objectAt(node, 'properties'))) {
    const wrapped = isObject(entry) && isObject(entry['type']) ? entry['type'] : entry
    const own = isObject(entry) ? entry['required'] === true : false
    const isOptional = isObject(wrapped) && wrapped['optional'] === true
    properties.set(name, { type: readNode(wrapped, walk), required: (own || listed.has(name)) && !isOptional })
  }
  const rest = node['additionalProperties']
  const additional = isObject(rest) ? readNode(rest, walk) : rest !== false
  return {
    ...objectOf(properties, additional),
    minProperties: numberAt(node, 'minProperties'),
    maxProperties: numberAt(node, 'maxProperties'),
  }
}
