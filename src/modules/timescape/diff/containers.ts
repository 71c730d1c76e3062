import type { ArrayType, GType, ObjectType, Property, TupleType } from '../gtype/gtype.ts'
import { isRangeWithin, positive } from './bounds.ts'

/** Asks about parts. */
interface Check {
  check(inner: GType, outer: GType): boolean
}

export function isObjectWithin(inner: ObjectType, outer: ObjectType, parts: Check): boolean {
  const declared = [...outer.properties].every(([name, property]) => isPropertyWithin(inner, { name, property }, parts))
  return declared && isUndeclaredWithin(inner, outer, parts) && isSizeWithin(inner, outer)
}

function isPropertyWithin(inner: ObjectType, outer: { readonly name: string; readonly property: Property }, parts: Check): boolean {
  const own = inner.properties.get(outer.name)
  if (own) return (own.required || !outer.property.required) && parts.check(own.type, outer.property.type)
  if (outer.property.required) return false
  return typeof inner.additional === 'boolean' || parts.check(inner.additional, outer.property.type)
}

/** What the outer object does not declare: the inner one's further properties, and members neither declares. */
function isUndeclaredWithin(inner: ObjectType, outer: ObjectType, parts: Check): boolean {
  const further = [...inner.properties].filter(([name]) => !outer.properties.has(name))
  // A name would have to be matched against an expression, which is never run.
  if (outer.keys !== undefined && (further.length > 0 || (inner.keys !== outer.keys && inner.additional !== false))) return false
  const { additional } = outer
  if (additional === true) return true
  if (additional === false) return further.every(([, { type }]) => type.kind === 'never') && inner.additional === false
  if (!further.every(([, { type }]) => parts.check(type, additional))) return false
  if (inner.additional === false) return true
  return inner.additional !== true && parts.check(inner.additional, additional)
}

function isSizeWithin(inner: ObjectType, outer: ObjectType): boolean {
  const required = [...inner.properties.values()].filter((property) => property.required).length
  const closed = inner.additional === false ? inner.properties.size : undefined
  const least = Math.max(required, inner.minProperties ?? 0)
  const most = Math.min(inner.maxProperties ?? Number.POSITIVE_INFINITY, closed ?? Number.POSITIVE_INFINITY)
  return isRangeWithin([least, most], [positive(outer.minProperties), outer.maxProperties])
}

export function isArrayWithin(inner: ArrayType, outer: ArrayType, parts: Check): boolean {
  if (outer.uniqueItems === true && inner.uniqueItems !== true && (inner.maxItems ?? 2) > 1) return false
  const isSized = isRangeWithin([inner.minItems ?? 0, inner.maxItems], [positive(outer.minItems), outer.maxItems])
  return isSized && (inner.maxItems === 0 || parts.check(inner.items, outer.items))
}

/** Most items a tuple holds. */
const mostOf = ({ rest, items, maxItems }: TupleType): number | undefined =>
  rest === false ? Math.min(maxItems ?? items.length, items.length) : maxItems

export function isTupleWithin(inner: TupleType, outer: GType, parts: Check): boolean {
  const [least, most] = [inner.minItems, mostOf(inner)]
  if (outer.kind === 'array') {
    if (outer.uniqueItems === true && (most ?? 2) > 1) return false
    const isSized = isRangeWithin([least, most], [positive(outer.minItems), outer.maxItems])
    return isSized && inner.items.every((item) => parts.check(item, outer.items)) && isRestWithin(inner.rest, outer.items, parts)
  }
  if (outer.kind !== 'tuple' || !isRangeWithin([least, most], [positive(outer.minItems), mostOf(outer)])) return false
  const count = Math.max(inner.items.length, outer.items.length)
  const at = ({ items, rest }: TupleType, index: number): GType | false => items[index] ?? (rest === true ? { kind: 'any' } : rest)
  const isFitting = (index: number): boolean => {
    const [own, wanted] = [at(inner, index), at(outer, index)]
    return own === false || (wanted !== false && parts.check(own, wanted))
  }
  return Array.from({ length: count }, (_, index) => index).every(isFitting) && isRestWithin(inner.rest, outer.rest, parts)
}

function isRestWithin(inner: boolean | GType, outer: boolean | GType, parts: Check): boolean {
  if (inner === false || outer === true) return true
  if (outer === false) return false
  return parts.check(inner === true ? { kind: 'any' } : inner, outer)
}
