import type { NumberType, StringType } from '../gtype/gtype.ts'

export const isWithin = (value: number, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY): boolean =>
  value >= minimum && value <= maximum

type Bounds = readonly [lower: number | undefined, upper: number | undefined]

/** Whether the inner range leaves nothing out of the outer one. */
export const isRangeWithin = ([innerLower, innerUpper]: Bounds, [outerLower, outerUpper]: Bounds): boolean =>
  (outerLower === undefined || (innerLower ?? Number.NEGATIVE_INFINITY) >= outerLower) &&
  (outerUpper === undefined || (innerUpper ?? Number.POSITIVE_INFINITY) <= outerUpper)

/** A pattern or format has to be the same one: what two expressions have in common is not looked at. */
export function isStringWithin(inner: StringType, outer: StringType): boolean {
  if (outer.pattern !== undefined && outer.pattern !== inner.pattern) return false
  if (outer.format !== undefined && outer.format !== inner.format) return false
  return isRangeWithin([inner.minLength ?? 0, inner.maxLength], [positive(outer.minLength), outer.maxLength])
}

/** A lower bound of zero or less bounds no length. */
export const positive = (bound: number | undefined): number | undefined => (bound !== undefined && bound > 0 ? bound : undefined)

export function isNumberWithin(inner: NumberType, outer: NumberType): boolean {
  if (outer.integer === true && inner.integer !== true && !(inner.multipleOf !== undefined && Number.isInteger(inner.multipleOf)))
    return false
  if (outer.multipleOf !== undefined && !isMultiple(inner, outer.multipleOf)) return false
  return isAbove(inner, outer) && isBelow(inner, outer)
}

/** Only of whole numbers: fractions of a binary number are not what they look like. */
function isMultiple({ multipleOf, integer, minimum, maximum }: NumberType, step: number): boolean {
  if (multipleOf === step || (minimum === 0 && maximum === 0)) return true
  const own = multipleOf ?? (integer === true ? 1 : undefined)
  return own !== undefined && Number.isSafeInteger(own) && Number.isSafeInteger(step) && step !== 0 && own % step === 0
}

const isAbove = (inner: NumberType, outer: NumberType): boolean => {
  const least = Math.max(inner.minimum ?? Number.NEGATIVE_INFINITY, inner.exclusiveMinimum ?? Number.NEGATIVE_INFINITY)
  if (outer.minimum !== undefined && least < outer.minimum) return false
  if (outer.exclusiveMinimum === undefined) return true
  return (
    (inner.minimum ?? Number.NEGATIVE_INFINITY) > outer.exclusiveMinimum ||
    (inner.exclusiveMinimum ?? Number.NEGATIVE_INFINITY) >= outer.exclusiveMinimum
  )
}

const isBelow = (inner: NumberType, outer: NumberType): boolean => {
  const most = Math.min(inner.maximum ?? Number.POSITIVE_INFINITY, inner.exclusiveMaximum ?? Number.POSITIVE_INFINITY)
  if (outer.maximum !== undefined && most > outer.maximum) return false
  if (outer.exclusiveMaximum === undefined) return true
  return (
    (inner.maximum ?? Number.POSITIVE_INFINITY) < outer.exclusiveMaximum ||
    (inner.exclusiveMaximum ?? Number.POSITIVE_INFINITY) <= outer.exclusiveMaximum
  )
}
