import ts from 'typescript'
import type { Comparing } from './comparing.ts'
import type { Place, TypePair } from './place.ts'
import { isAny, isOpen, partsOf } from './type-facts.ts'

/** Members of the same text stand for each other; what is left came or went. */
export function compareUnions(comparing: Comparing, { old, now }: TypePair, place: Place): void {
  const { removed, added } = matched(comparing, { old: partsOf(old), now: partsOf(now) }, place)
  compareRest(comparing, { old, now, removed, added }, place)
}

interface Intersections {
  readonly old: ts.IntersectionType
  readonly now: ts.IntersectionType
}

export function compareIntersections(comparing: Comparing, { old, now }: Intersections, place: Place): void {
  const { removed, added } = matched(comparing, { old: old.types, now: now.types }, place)
  const [gone, come] = [removed[0], added[0]]
  if (removed.length + added.length === 0) return
  if (gone && come && removed.length === 1 && added.length === 1) comparing.types({ old: gone, now: come }, place)
  else if (isOpen(comparing.checker, old) || isOpen(comparing.checker, now)) comparing.leaf({ old, now }, place)
  else comparing.objects({ old, now }, place)
}

/** The type of an optional member or parameter, without the `undefined` that stands for its absence. */
export function compareOptional(comparing: Comparing, { old, now }: TypePair, place: Place): void {
  const [was, is] = [withoutUndefined(comparing, old), withoutUndefined(comparing, now)]
  const [only, other] = [was[0], is[0]]
  if (only && other && was.length === 1 && is.length === 1) comparing.types({ old: only, now: other }, place)
  else compareRest(comparing, { old, now, ...matched(comparing, { old: was, now: is }, place) }, place)
}

const withoutUndefined = (comparing: Comparing, type: ts.Type): readonly ts.Type[] =>
  partsOf(type).filter((part) => comparing.text(part) !== 'undefined')

interface Parts {
  readonly old: readonly ts.Type[]
  readonly now: readonly ts.Type[]
}

function matched(comparing: Comparing, { old, now }: Parts, place: Place) {
  const [oldKeys, nowKeys] = [keysOf(comparing, old), keysOf(comparing, now)]
  const byKey = new Map<string, ts.Type[]>()
  for (const [part, keys] of nowKeys) for (const key of keys) byKey.set(key, [...(byKey.get(key) ?? []), part])
  const left = new Set(now)
  const removed: ts.Type[] = []
  for (const [part, keys] of oldKeys) {
    // Several can have one text: these stand for each other in their order.
    const other = keys.flatMap((key) => byKey.get(key) ?? []).find((candidate) => left.has(candidate))
    if (other) {
      left.delete(other)
      comparing.types({ old: part, now: other }, place)
    } else removed.push(part)
  }
  return { removed, added: [...left] }
}

/** By what a part of a union is found again: its text or, for a variant, what only it says of itself. */
function keysOf(comparing: Comparing, parts: readonly ts.Type[]): ReadonlyMap<ts.Type, readonly string[]> {
  const tags = new Map(parts.map((part) => [part, tagsOf(comparing, part)]))
  const counts = new Map<string, number>()
  for (const tag of [...tags.values()].flat()) counts.set(tag, (counts.get(tag) ?? 0) + 1)
  return new Map(parts.map((part) => [part, [comparing.text(part), ...(tags.get(part) ?? []).filter((tag) => counts.get(tag) === 1)]]))
}

/** Members that can be only one thing, `kind: "circle"`. */
function tagsOf(comparing: Comparing, type: ts.Type): readonly string[] {
  if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0) return []
  const { checker } = comparing
  const facts = checker.getPropertiesOfType(type).map((member) => ({ name: member.name, type: checker.getTypeOfSymbol(member) }))
  return facts.flatMap((fact) =>
    (fact.type.flags & ts.TypeFlags.StringOrNumberLiteral) === 0 ? [] : [`${fact.name}: ${comparing.text(fact.type)}`],
  )
}

/** One of several values, or variants, that are there to become more. */
const isVariant = (comparing: Comparing, type: ts.Type): boolean =>
  (type.flags & ts.TypeFlags.StringOrNumberLiteral) !== 0 || tagsOf(comparing, type).length > 0

interface Rest extends TypePair {
  readonly removed: readonly ts.Type[]
  readonly added: readonly ts.Type[]
}

function compareRest(comparing: Comparing, { old, now, removed, added }: Rest, place: Place): void {
  const [gone, come] = [removed[0], added[0]]
  if (gone && come && removed.length === 1 && added.length === 1) {
    comparing.types({ old: gone, now: come }, place)
    return
  }
  const isAt = (whole: ts.Type) => (part: ts.Type) => isAny(part) || isAny(whole) || comparing.checker.isTypeAssignableTo(part, whole)
  const lost = removed.filter((part) => !isAt(now)(part))
  const gained = added.filter((part) => !isAt(old)(part))
  const values = { before: comparing.text(old), after: comparing.text(now) }
  if ([...lost, ...gained].some((type) => isOpen(comparing.checker, type))) {
    comparing.report(place, {
      rule: 'type-undecided',
      bump: 'minor',
      what: 'the type changed in a way that depends on type parameters',
      ...values,
    })
    return
  }
  const texts = (types: readonly ts.Type[]) => types.map((type) => comparing.text(type)).join(' | ')
  const isOutput = place.position === 'output'
  if (lost.length > 0)
    comparing.report(place, { rule: 'type-narrowed', bump: isOutput ? 'minor' : 'major', what: `${texts(lost)} is gone`, ...values })
  // As with members of an enum: whoever lists all of them takes care of new ones.
  const isGrowing =
    partsOf(old).filter((part) => isVariant(comparing, part)).length > 1 && gained.every((part) => isVariant(comparing, part))
  if (gained.length === 0) return
  const [rule, bump] = isGrowing ? (['variant-added', 'minor'] as const) : (['type-widened', isOutput ? 'major' : 'minor'] as const)
  comparing.report(place, { rule, bump, what: `${texts(gained)} is new`, ...values })
}
