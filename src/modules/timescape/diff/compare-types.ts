import { textOf } from '../gtype/canonical-text.ts'
import type { Definitions, GType } from '../gtype/gtype.ts'
import { withoutNull } from '../gtype/normal-form.ts'
import { arePlainlySame } from '../gtype/references.ts'
import type { ChangeList, Place } from './change-list.ts'
import { compareConstraints } from './compare-constraints.ts'
import { compareObjects } from './compare-objects.ts'
import { compareUnions } from './compare-unions.ts'
import type { Comparison } from './comparison.ts'
import { describe } from './describe.ts'
import { resolved } from './resolved.ts'
import { type Budget, isContained, membersIn, membersPerStep } from './subtype.ts'

const maxDepth = 200
/** Of one pair of types, in steps of the budget: all their limits are looked at. */
const comparisonCost = 2

/** Goes through two types side by side and notes what differs. */
export class TypeComparison implements Comparison {
  readonly list: ChangeList
  readonly #before: Definitions
  readonly #after: Definitions
  readonly #budget: Budget
  readonly #seen = new Map<GType, Set<GType>>()

  constructor(list: ChangeList, { before, after }: { readonly before: Definitions; readonly after: Definitions }, budget: Budget) {
    this.list = list
    this.#before = before
    this.#after = after
    this.#budget = budget
  }

  compare(before: GType, after: GType, place: Place): void {
    if (this.list.isSettled || place.depth > maxDepth || arePlainlySame(before, after)) return
    this.#budget.walk -= comparisonCost + Math.ceil((membersIn(before) + membersIn(after)) / membersPerStep)
    if (this.#budget.walk < 0) {
      this.list.cut()
      return
    }
    const [left, right] = [resolved(before, this.#before), resolved(after, this.#after)]
    const isNamed = before.kind === 'ref' || after.kind === 'ref'
    if (!left || !right) this.#compareNames(before, after, place)
    else if (!isNamed || !this.#wasSeen(left, right)) this.#compareResolved(left, right, place)
  }

  contains(inner: GType, outer: GType, side: 'before' | 'after'): boolean {
    const [own, other] = side === 'before' ? [this.#before, this.#after] : [this.#after, this.#before]
    return isContained({ type: inner, definitions: own }, { type: outer, definitions: other }, this.#budget)
  }

  /** Two types have one difference however often they meet; recursive ones meet for ever. */
  #wasSeen(before: GType, after: GType): boolean {
    const afters = this.#seen.get(before) ?? new Set()
    if (afters.has(after)) return true
    this.#seen.set(before, afters.add(after))
    return false
  }

  #compareResolved(before: GType, after: GType, place: Place): void {
    if (before.kind === 'null' || after.kind === 'null') {
      if (before.kind !== after.kind) this.#noteReplaced(before, after, place)
      return
    }
    this.#compareNull(before, after, place)
    this.#compareKinds(withoutNull(before), withoutNull(after), place)
  }

  /** Types that have nothing in common to go into. */
  #noteReplaced(before: GType, after: GType, place: Place): void {
    const [widens, narrows] = [this.contains(before, after, 'before'), this.contains(after, before, 'after')]
    if (widens && narrows) return
    const facts = { before: describe(before), after: describe(after) }
    if (widens) this.list.note('type-widened', place, { message: `${facts.before} became the wider ${facts.after}`, ...facts })
    else if (narrows) this.list.note('type-narrowed', place, { message: `${facts.before} became the narrower ${facts.after}`, ...facts })
    else this.list.note('type-changed', place, { message: `${facts.before} became ${facts.after}`, ...facts })
  }

  /** References to what no version describes. */
  #compareNames(before: GType, after: GType, place: Place): void {
    if (textOf(before) === textOf(after) && !resolved(before, this.#before) && !resolved(after, this.#after)) return
    const facts = { before: describe(before), after: describe(after) }
    this.list.note('type-changed', place, { message: `${facts.before} became ${facts.after}`, ...facts })
  }

  #compareNull(before: GType, after: GType, place: Place): void {
    if (before.kind === 'any' || after.kind === 'any' || before.nullable === after.nullable) return
    if (after.nullable === true) this.list.note('became-nullable', place, { message: `${describe(before)} may now be null` })
    else this.list.note('no-longer-nullable', place, { message: `${describe(after)} may no longer be null` })
  }

  #compareKinds(before: GType, after: GType, place: Place): void {
    const at = { comparison: this, place }
    if (before.kind === 'union' || after.kind === 'union') compareUnions(before, after, at)
    else if (before.kind === after.kind) this.#compareAlike(before, after, place)
    else this.#noteReplaced(before, after, place)
  }

  #compareAlike(before: GType, after: GType, place: Place): void {
    if (before.kind === 'enum' && after.kind === 'enum') this.#compareEnums(before.values, after.values, place)
    else if (before.kind === 'object' && after.kind === 'object') compareObjects(before, after, { comparison: this, place })
    else if (before.kind === 'array' && after.kind === 'array') this.compare(before.items, after.items, place.at('items'))
    else if (!isSimple(before) && !this.#areItemsCompared(before, after, place)) {
      this.#noteReplaced(before, after, place)
      return
    }
    compareConstraints(before, after, { list: this.list, place })
  }

  #compareEnums(before: readonly unknown[], after: readonly unknown[], place: Place): void {
    const { list } = this
    const [was, is] = [new Set(before), new Set(after)]
    for (const value of before.filter((one) => !is.has(one)))
      list.note('enum-value-removed', place, { message: `the value ${JSON.stringify(value)} is gone`, before: value })
    for (const value of after.filter((one) => !was.has(one)))
      list.note('enum-value-added', place, { message: `the value ${JSON.stringify(value)} is new`, after: value })
  }

  /** Tuples item by item where there are as many; whatever else two types may be is looked at as a whole. */
  #areItemsCompared(before: GType, after: GType, place: Place): boolean {
    const areAlike = before.kind === 'tuple' && after.kind === 'tuple' && before.items.length === after.items.length
    if (!areAlike || textOf(before.rest) !== textOf(after.rest)) return false
    for (const [index, item] of before.items.entries()) this.compare(item, after.items[index] ?? item, place.at('items', index))
    return true
  }
}

const isSimple = ({ kind }: GType): boolean =>
  kind === 'string' || kind === 'number' || kind === 'boolean' || kind === 'bigint' || kind === 'any'
