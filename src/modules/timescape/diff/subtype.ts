import { textOf } from '../gtype/canonical-text.ts'
import type { Definitions, EnumType, GType, IntersectionType, Scalar } from '../gtype/gtype.ts'
import { withoutNull } from '../gtype/normal-form.ts'
import { arePlainlySame } from '../gtype/references.ts'
import { isNumberWithin, isStringWithin, isWithin } from './bounds.ts'
import { isArrayWithin, isObjectWithin, isTupleWithin } from './containers.ts'
import { partsTogether } from './parts-together.ts'
import { resolved } from './resolved.ts'

/** A type and what its references mean. */
export interface Side {
  readonly type: GType
  readonly definitions: Definitions
}

/** What all comparisons of two versions may still cost, and what they know already. */
export interface Budget {
  /** Steps of proving that a type is within another one; when they are used up, it counts as not contained. */
  left: number
  /** Steps of looking for what differs; when they are used up, differences stay unlisted, and the proof decides. */
  walk: number
  /** What was proven of definitions that symbols share holds for all of them. */
  readonly proofs: Map<Definitions, Map<Definitions, Containment>>
}
export const newBudget = (): Budget => ({ left: 200_000, walk: 100_000, proofs: new Map() })
/** Members of objects, tuples and enums are gone through faster than types are compared. */
export const membersPerStep = 4

const maxDepth = 600

/**
 * Whether every value of one type is a value of the other. Sound: `true` is always right; some pairs that are contained are answered `false`. No
 * expression that a publisher wrote is ever run. Members that an open object does not declare are taken not to bear names the other side declares: nobody
 * relies on sending what is not described (the rule table of docs/timescape.md).
 */
export function isContained(inner: Side, outer: Side, budget: Budget): boolean {
  const ofInner = budget.proofs.get(inner.definitions) ?? new Map<Definitions, Containment>()
  budget.proofs.set(inner.definitions, ofInner)
  const known = ofInner.get(outer.definitions) ?? new Containment(inner.definitions, outer.definitions, budget)
  ofInner.set(outer.definitions, known)
  return known.check(inner.type, outer.type)
}

class Containment {
  readonly #inner: Definitions
  readonly #outer: Definitions
  /** Pairs that hold, or are taken to while they are looked at, as recursive types need it; a pair that fails takes back what was built on it. */
  readonly #assumed = new Map<GType, Set<GType>>()
  readonly #trail: (readonly [GType, GType])[] = []
  readonly #parts = new Map<GType, readonly GType[]>()
  readonly #budget: Budget
  #depth = 0

  constructor(inner: Definitions, outer: Definitions, budget: Budget) {
    this.#budget = budget
    this.#inner = inner
    this.#outer = outer
  }

  check(inner: GType, outer: GType): boolean {
    if (arePlainlySame(inner, outer)) return true
    this.#budget.left -= 1
    if (this.#budget.left < 0 || this.#depth > maxDepth) return false
    if (this.#assumed.get(inner)?.has(outer)) return true
    const mark = this.#trail.length
    this.#assume(inner, outer)
    this.#depth += 1
    const holds = this.#checkExtra(inner, outer) && this.#checkNull(inner, outer)
    this.#depth -= 1
    if (!holds) this.#takeBack(mark)
    return holds
  }

  #spend(members: number): boolean {
    this.#budget.left -= Math.ceil(members / membersPerStep)
    return this.#budget.left >= 0
  }

  #assume(inner: GType, outer: GType): void {
    const outers = this.#assumed.get(inner) ?? new Set()
    this.#assumed.set(inner, outers.add(outer))
    this.#trail.push([inner, outer])
  }

  #takeBack(mark: number): void {
    for (const [inner, outer] of this.#trail.splice(mark)) this.#assumed.get(inner)?.delete(outer)
  }

  /** What this model has no member for has to be the same. */
  #checkExtra(inner: GType, outer: GType): boolean {
    const isBranded = outer.brand !== undefined && outer.brand !== inner.brand
    return !isBranded && (outer.extra === undefined || textOf(outer.extra) === textOf(inner.extra))
  }

  #checkNull(inner: GType, outer: GType): boolean {
    if (outer.kind === 'any' || inner.kind === 'never') return true
    if (inner.kind === 'ref' || outer.kind === 'ref') return this.#checkReferred(inner, outer)
    if (inner.nullable === true) return this.#takesNull(outer) && this.check(withoutNull(inner), outer)
    if (inner.kind === 'null') return this.#takesNull(outer)
    return this.#checkSplit(inner, outer)
  }

  #checkReferred(inner: GType, outer: GType): boolean {
    const left = resolved(inner, this.#inner)
    const right = resolved(outer, this.#outer)
    if (left && right) return this.check(left, right)
    // A name that nothing stands behind is what another type of that name is.
    return inner.kind === 'ref' && outer.kind === 'ref' && inner.name === outer.name && !left && !right && nullFits(inner, outer)
  }

  #takesNull(type: GType): boolean {
    if (type.kind === 'null' || type.kind === 'any' || type.nullable === true) return true
    // What a variant says beside may rule null out.
    if (type.kind === 'union')
      return this.#spend(type.variants.length) && type.variants.some((variant) => variant.extra === undefined && this.#takesNull(variant))
    const referred = type.kind === 'ref' ? resolved(type, this.#outer) : undefined
    return referred !== undefined && this.check({ kind: 'null' }, referred)
  }

  #checkSplit(inner: GType, outer: GType): boolean {
    if (inner.kind === 'union') return inner.variants.every((variant) => this.check(variant, outer))
    if (outer.kind === 'intersection') return outer.parts.every((part) => this.check(inner, part))
    if (inner.kind === 'enum' && inner.values.length > 1 && outer.kind === 'union')
      return inner.values.every((value) => this.check({ kind: 'enum', values: [value] }, outer))
    if (outer.kind === 'union') return outer.variants.some((variant) => this.check(inner, variant))
    if (inner.kind === 'intersection') return this.#together(inner).some((part) => this.check(part, outer))
    return this.#checkKinds(inner, outer)
  }

  /** One copy per type, so that a pair that comes back is known again. */
  #together(type: IntersectionType): readonly GType[] {
    const known = this.#parts.get(type)
    if (known) return known
    const parts = partsTogether(type.parts, this.#inner)
    this.#parts.set(type, parts)
    return this.#spend(parts.reduce((members, part) => members + membersIn(part), 0)) ? parts : []
  }

  #checkKinds(inner: GType, outer: GType): boolean {
    if (!this.#spend(membersIn(inner) + membersIn(outer))) return false
    if (inner.kind === 'enum') return areMembers(inner.values, outer)
    if (inner.kind === 'boolean' && outer.kind === 'enum') return [true, false].every((value) => outer.values.includes(value))
    if (inner.kind === 'object' && outer.kind === 'object') return isObjectWithin(inner, outer, this)
    if (inner.kind === 'array' && outer.kind === 'array') return isArrayWithin(inner, outer, this)
    return inner.kind === 'tuple' ? isTupleWithin(inner, outer, this) : isSimpleWithin(inner, outer)
  }
}

export function membersIn(type: GType): number {
  if (type.kind === 'object') return type.properties.size
  if (type.kind === 'enum') return type.values.length
  return type.kind === 'tuple' ? type.items.length : 0
}

function isSimpleWithin(inner: GType, outer: GType): boolean {
  if (inner.kind === 'string' && outer.kind === 'string') return isStringWithin(inner, outer)
  if (inner.kind === 'number' && outer.kind === 'number') return isNumberWithin(inner, outer)
  if (inner.kind === 'opaque' && outer.kind === 'opaque') return inner.text === outer.text
  return inner.kind === outer.kind && (inner.kind === 'boolean' || inner.kind === 'bigint')
}

const nullFits = (inner: GType, outer: GType): boolean => inner.nullable !== true || outer.nullable === true

const valueSets = new WeakMap<EnumType, ReadonlySet<Scalar>>()
function setOf(type: EnumType): ReadonlySet<Scalar> {
  const known = valueSets.get(type)
  if (known) return known
  const made = new Set(type.values)
  valueSets.set(type, made)
  return made
}

function areMembers(values: readonly Scalar[], outer: GType): boolean {
  const known = outer.kind === 'enum' ? setOf(outer) : undefined
  return values.every((value) => (known ? known.has(value) : isMember(value, outer)))
}

/** Without running expressions: a text is a member of no string type that has a pattern or a format. */
function isMember(value: Scalar, outer: GType): boolean {
  if (outer.kind === 'boolean') return typeof value === 'boolean'
  if (outer.kind === 'string' && typeof value === 'string') {
    const length = [...value].length
    return outer.pattern === undefined && outer.format === undefined && isWithin(length, outer.minLength, outer.maxLength)
  }
  return outer.kind === 'number' && typeof value === 'number' && isNumberWithin(exactly(value), outer)
}

const exactly = (value: number) => ({
  kind: 'number' as const,
  integer: Number.isInteger(value),
  minimum: value,
  maximum: value,
  ...(value !== 0 && { multipleOf: Math.abs(value) }),
})
