import type { GType, Property } from './gtype.ts'
import { isObject, isScalar, type JsonObject, listAt, numberAt, objectAt, textAt } from './json-values.ts'
import { anything, bothExtras, enumOf, intersectionOf, isAnything, never, nullable, objectOf, unionOf } from './normal-form.ts'
import { extraOf, hasReference, isListed, isShaped } from './schema-keywords.ts'
import { SchemaReferences } from './schema-references.ts'
import { Walk } from './walk.ts'

export interface ReadSchema {
  readonly root: GType
  readonly definitions: ReadonlyMap<string, GType>
}

/** A JSON Schema (draft-07 up to 2020-12, as TypeBox and OpenAPI write it). `oneOf` is read as `anyOf`. Throws `TypeTooLarge`. */
export function parseJsonSchema(schema: JsonObject): ReadSchema {
  const references = new SchemaReferences(schema)
  const parser = new SchemaParser(references)
  const walk = new Walk()
  const root = parser.read(schema, walk)
  const definitions = new Map<string, GType>()
  // What a definition refers to comes behind it.
  for (const [name, target] of references.targets) definitions.set(name, parser.read(target, walk))
  return { root, definitions }
}

class SchemaParser {
  readonly #references: SchemaReferences

  constructor(references: SchemaReferences) {
    this.#references = references
  }

  read(schema: unknown, above: Walk): GType {
    const walk = above.deeper()
    if (schema === false) return never
    if (schema === true || schema === undefined) return anything
    return isObject(schema) ? this.#described(schema, walk) : { kind: 'any', extra: { schema } }
  }

  /** References in what is not read lead to what may change without it. */
  #unread(extra: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    return hasReference(extra) ? { ...extra, $root: this.#references.whole() } : extra
  }

  #described(schema: JsonObject, walk: Walk): GType {
    const reference = textAt(schema, '$ref')
    const referred = reference === undefined ? [] : [this.#references.typeOf(reference, schema)]
    const parts = [...referred, ...this.#applied(schema, walk), ...this.#typed(schema, walk)]
    const type = parts.length === 1 ? (parts[0] ?? anything) : intersectionOf(parts)
    const extra = extraOf(schema)
    const facets = {
      ...(schema['default'] !== undefined && { defaultValue: schema['default'] }),
      ...(Object.keys(extra).length > 0 && { extra: bothExtras(type.extra, this.#unread(extra)) }),
    }
    const whole = Object.keys(facets).length > 0 ? { ...type, ...facets } : type
    return schema['nullable'] === true ? nullable(whole) : whole
  }

  /** What `const`, `enum` and the combining keywords say. */
  #applied(schema: JsonObject, walk: Walk): GType[] {
    const lists = ['const' in schema ? [schema['const']] : undefined, listAt(schema, 'enum')].filter((list) => list !== undefined)
    const all = (keyword: string) => listAt(schema, keyword)?.map((part) => this.read(part, walk))
    const unions = [all('anyOf'), all('oneOf')].filter((variants) => variants !== undefined)
    return [...lists.map(valuesOf), ...unions.map(unionOf), ...(all('allOf') ?? [])]
  }

  #typed(schema: JsonObject, walk: Walk): GType[] {
    const { type } = schema
    if (isListed(schema)) return []
    if (Array.isArray(type)) return [unionOf(type.map((one) => this.#ofType(String(one), schema, walk)))]
    if (typeof type === 'string') return [this.#ofType(type, schema, walk)]
    return isShaped(schema) ? [this.#object(schema, walk)] : []
  }

  #ofType(type: string, schema: JsonObject, walk: Walk): GType {
    if (type === 'object') return this.#object(schema, walk)
    if (type === 'array') return this.#array(schema, walk)
    if (type === 'number' || type === 'integer') return numberOf(schema, type === 'integer')
    if (type === 'string') return stringOf(schema)
    if (type === 'boolean' || type === 'null' || type === 'bigint') return { kind: type }
    // TypeBox's own: Date, Uint8Array, undefined and the like.
    return { kind: 'opaque', text: type }
  }

  #object(schema: JsonObject, walk: Walk): GType {
    const required = new Set(listAt(schema, 'required'))
    const properties = new Map<string, Property>()
    for (const [name, property] of Object.entries(objectAt(schema, 'properties')))
      properties.set(name, { type: this.read(property, walk), required: required.has(name) })
    const size = { minProperties: numberAt(schema, 'minProperties'), maxProperties: numberAt(schema, 'maxProperties') }
    const rest = this.#undeclared(schema, walk)
    const { additional } = rest
    // A name that is required and not declared is one of the further members.
    const further: GType = typeof additional === 'object' ? additional : { kind: additional ? 'any' : 'never' }
    for (const name of required)
      if (typeof name === 'string' && !properties.has(name)) properties.set(name, { type: further, required: true })
    return { ...objectOf(properties), ...rest, ...size }
  }

  /** `patternProperties` of one expression with nothing beside it is a record; of several, it can only be compared as a whole. */
  #undeclared(schema: JsonObject, walk: Walk): Pick<Extract<GType, { kind: 'object' }>, 'additional' | 'keys' | 'extra'> {
    const { additionalProperties: rest } = schema
    const additional = isObject(rest) ? additionalOf(this.read(rest, walk)) : rest !== false
    const [first, ...more] = Object.entries(objectAt(schema, 'patternProperties'))
    if (!first) return { additional }
    if (more.length > 0) return { additional, extra: this.#unread({ patternProperties: schema['patternProperties'] }) }
    const [pattern, values] = first
    if (pattern === '^(.*)$' || pattern === '^.*$' || pattern === '.*') return { additional: additionalOf(this.read(values, walk)) }
    if (additional !== false) return { additional, extra: this.#unread({ patternProperties: schema['patternProperties'] }) }
    return { additional: additionalOf(this.read(values, walk)), keys: pattern }
  }

  #array(schema: JsonObject, walk: Walk): GType {
    const [minItems, maxItems] = [numberAt(schema, 'minItems'), numberAt(schema, 'maxItems')]
    const listed = listAt(schema, 'prefixItems') ?? listAt(schema, 'items')
    const rest = listAt(schema, 'prefixItems') ? schema['items'] : schema['additionalItems']
    if (listed) {
      const items = listed.map((item) => this.read(item, walk))
      const following = isObject(rest) ? this.read(rest, walk) : rest !== false
      const unique = schema['uniqueItems'] === true && { extra: { uniqueItems: true } }
      return { kind: 'tuple', items, rest: following, minItems: minItems ?? 0, maxItems, ...unique }
    }
    const items = schema['items'] === undefined ? anything : this.read(schema['items'], walk)
    return { kind: 'array', items, minItems, maxItems, uniqueItems: schema['uniqueItems'] === true || undefined }
  }
}

const additionalOf = (type: GType): boolean | GType => {
  if (type.kind === 'never') return false
  return isAnything(type) ? true : type
}

const valuesOf = (values: readonly unknown[]): GType => {
  const others = values.filter((value) => value !== null && !isScalar(value))
  if (others.length > 0) return { kind: 'opaque', text: JSON.stringify(values) }
  const scalars = enumOf(values.filter(isScalar))
  if (!values.includes(null)) return scalars
  return scalars.kind === 'never' ? { kind: 'null' } : nullable(scalars)
}

const stringOf = (schema: JsonObject): GType => ({
  kind: 'string',
  minLength: numberAt(schema, 'minLength'),
  maxLength: numberAt(schema, 'maxLength'),
  pattern: textAt(schema, 'pattern'),
  format: textAt(schema, 'format'),
})

const numberOf = (schema: JsonObject, integer: boolean): GType => ({
  kind: 'number',
  integer: integer || undefined,
  minimum: numberAt(schema, 'minimum'),
  maximum: numberAt(schema, 'maximum'),
  exclusiveMinimum: numberAt(schema, 'exclusiveMinimum'),
  exclusiveMaximum: numberAt(schema, 'exclusiveMaximum'),
  multipleOf: numberAt(schema, 'multipleOf'),
})
