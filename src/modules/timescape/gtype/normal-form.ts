import { canonicalText } from './canonical-text.ts'
import type { EnumType, GType, ObjectType, Property, Scalar } from './gtype.ts'

export const anything: GType = { kind: 'any' }
export const never: GType = { kind: 'never' }

/** A type that also takes null. */
export function nullable(type: GType): GType {
  return type.kind === 'any' || type.kind === 'null' || type.nullable === true ? type : { ...type, nullable: true }
}

/** Sorted, each once; both booleans are the type boolean. */
export function enumOf(values: readonly Scalar[]): GType {
  const distinct = [...new Map(values.map((value) => [JSON.stringify(value), value]))].toSorted(([left], [right]) =>
    left < right ? -1 : 1,
  )
  if (distinct.length === 0) return never
  const sorted = distinct.map(([, value]) => value)
  if (sorted.length === 2 && sorted.every((value) => typeof value === 'boolean')) return { kind: 'boolean' }
  return { kind: 'enum', values: sorted }
}

/** A type without kind may still be bounded by what nobody reads. */
export const isAnything = (type: GType): boolean => type.kind === 'any' && type.extra === undefined && type.brand === undefined

type Extra = GType['extra']
/** Both hold, also where they have members of one name. */
export const bothExtras = (own: Extra, more: Extra): Extra => (own && more ? { ...more, '&': own } : (more ?? own))

const isBare = (type: GType): boolean => type.defaultValue === undefined && type.brand === undefined && type.extra === undefined

/** Flat, in one order, without repetitions; null becomes `nullable`, literals become one enum. */
export function unionOf(variants: readonly GType[]): GType {
  const flat = variants.flatMap((variant) => (variant.kind === 'union' && isBare(variant) ? flattened(variant) : [variant]))
  if (flat.some(isAnything)) return anything
  const takesNull = flat.some((variant) => variant.kind === 'null' || variant.nullable === true)
  const others = flat.filter(({ kind }) => kind !== 'null' && kind !== 'never').map(withoutNull)
  const isLiteral = (variant: GType): variant is EnumType => variant.kind === 'enum' && isBare(variant)
  const literals = others.filter(isLiteral).flatMap(({ values }) => values)
  const rest = others.filter((variant) => !isLiteral(variant))
  const all = literals.length > 0 ? [enumOf(literals), ...rest] : rest
  const distinct = [...new Map(all.map((variant) => [canonicalText(variant), variant]))]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, variant]) => variant)
  const [first, ...more] = distinct
  if (!first) return takesNull ? { kind: 'null' } : never
  const union: GType = more.length === 0 ? first : { kind: 'union', variants: distinct }
  return takesNull ? nullable(union) : union
}

function flattened({ variants, nullable: takesNull }: Extract<GType, { kind: 'union' }>): readonly GType[] {
  return takesNull === true ? [...variants, { kind: 'null' }] : variants
}

export function withoutNull(type: GType): GType {
  if (type.nullable !== true) return type
  const { nullable: _nullable, ...rest } = type
  return rest
}

const isOpen = (part: GType): part is ObjectType =>
  part.kind === 'object' && part.additional === true && part.nullable !== true && isBare(part)

/** Objects that allow more members are one object; everything else stays a list of parts. */
export function intersectionOf(parts: readonly GType[]): GType {
  const flat = parts.flatMap((part) => (part.kind === 'intersection' && isBare(part) && part.nullable !== true ? part.parts : [part]))
  if (flat.some(({ kind }) => kind === 'never')) return never
  const telling = flat.filter((part) => !isAnything(part))
  const objects = telling.filter(isOpen)
  const rest = telling.filter((part) => !isOpen(part))
  const all = objects.length > 0 ? [merged(objects), ...rest] : rest
  const distinct = [...new Map(all.map((part) => [canonicalText(part), part]))]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([, part]) => part)
  const [first, ...more] = distinct
  if (!first) return anything
  return more.length === 0 ? first : { kind: 'intersection', parts: distinct }
}

function merged(objects: readonly ObjectType[]): ObjectType {
  const properties = new Map<string, Property>()
  for (const [name, property] of objects.flatMap((object) => [...object.properties])) {
    const known = properties.get(name)
    const type = known ? intersectionOf([known.type, property.type]) : property.type
    properties.set(name, { type, required: property.required || known?.required === true })
  }
  const largest = (pick: (object: ObjectType) => number | undefined, choose: (...values: number[]) => number): number | undefined => {
    const given = objects.map(pick).filter((value) => value !== undefined)
    return given.length > 0 ? choose(...given) : undefined
  }
  return {
    kind: 'object',
    properties,
    additional: true,
    minProperties: largest(({ minProperties }) => minProperties, Math.max),
    maxProperties: largest(({ maxProperties }) => maxProperties, Math.min),
  }
}

/** A member that takes anything and need not be there says nothing. */
export const objectOf = (properties: ReadonlyMap<string, Property>, additional: boolean | GType = true): ObjectType => ({
  kind: 'object',
  properties,
  additional: typeof additional === 'object' && isAnything(additional) ? true : additional,
})
