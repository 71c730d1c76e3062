import { isObject, type JsonObject, listAt } from './json-values.ts'

/** Keywords that say nothing about which values are valid, and those that are read wherever they stand. */
const known = new Set([
  ...['$id', '$schema', '$comment', '$defs', 'definitions', '$anchor', '$dynamicAnchor', 'title', 'description', 'examples', 'deprecated'],
  ...['readOnly', 'writeOnly', 'expected', 'example', 'externalDocs', 'xml', 'discriminator', 'type', 'const', 'enum', 'anyOf', 'oneOf'],
  ...['allOf', '$ref', 'nullable', 'default'],
])
const ofObjects = ['properties', 'required', 'additionalProperties', 'patternProperties', 'minProperties', 'maxProperties']
const ofNumbers = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']
/** Keywords that are read together with the type they belong to. */
const ofType: Readonly<Record<string, readonly string[]>> = {
  object: ofObjects,
  array: ['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ofNumbers,
  integer: ofNumbers,
}

type Check = (value: unknown) => boolean
const isText: Check = (value) => typeof value === 'string'
const isFlag: Check = (value) => typeof value === 'boolean'
const isNumber: Check = (value) => Number.isFinite(value)
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText)
const isSchema: Check = (value) => isObject(value) || isFlag(value)
const checked = (keywords: readonly string[], check: Check) => keywords.map((keyword) => [keyword, check] as const)

/** What the values of keywords have to be, for the reader to read them. */
const checks: ReadonlyMap<string, Check> = new Map([
  ...checked([...ofNumbers, 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'], isNumber),
  ...checked(['pattern', 'format', '$ref'], isText),
  ...checked(['uniqueItems', 'nullable'], isFlag),
  ...checked(['anyOf', 'oneOf', 'allOf', 'enum', 'prefixItems'], Array.isArray),
  ...checked(['properties', 'patternProperties', '$defs', 'definitions'], isObject),
  ...checked(['additionalProperties', 'additionalItems'], isSchema),
  ...checked(['items'], (value) => isSchema(value) || Array.isArray(value)),
  ...checked(['required'], isTexts),
  ...checked(['type'], (value) => isText(value) || isTexts(value)),
])

export const isShaped = (schema: JsonObject): boolean => ofObjects.some((keyword) => keyword in schema)

/** Whether the values are listed one by one. */
export const isListed = (schema: JsonObject): boolean => 'const' in schema || listAt(schema, 'enum') !== undefined

/** What the reader has no place for; keywords of other types than those that are named bound nothing, but nothing is taken for granted. */
export function extraOf(schema: JsonObject): Readonly<Record<string, unknown>> {
  const types = [schema['type'] ?? (isShaped(schema) ? 'object' : [])].flat().map(String)
  const read = isListed(schema) ? [] : types.flatMap((type) => ofType[type] ?? [])
  const isUnread = (keyword: string, value: unknown): boolean => {
    if (value === undefined) return false
    if (checks.get(keyword)?.(value) === false || (keyword === 'type' && isListed(schema) && !areOf(types, schema))) return true
    return !known.has(keyword) && !keyword.startsWith('x-') && !read.includes(keyword)
  }
  return Object.fromEntries(Object.entries(schema).filter(([keyword, value]) => isUnread(keyword, value)))
}

/** Whether what is listed is of its type already. */
function areOf(types: readonly string[], schema: JsonObject): boolean {
  const values = [...('const' in schema ? [schema['const']] : []), ...(listAt(schema, 'enum') ?? [])]
  return values.every((value) => {
    if (value === null) return types.includes('null') || schema['nullable'] === true
    if (Array.isArray(value)) return types.includes('array')
    return types.includes(typeof value) || (types.includes('integer') && Number.isInteger(value))
  })
}

const references = ['$ref', '$dynamicRef', '$recursiveRef']

/** Anywhere within. */
export function hasReference(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (!Array.isArray(value) && references.some((keyword) => keyword in value)) return true
  return Object.values(value).some(hasReference)
}
