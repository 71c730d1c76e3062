import { textOf } from '../gtype/canonical-text.ts'
import type { GType, ObjectType } from '../gtype/gtype.ts'
import type { At } from './comparison.ts'
import { describe } from './describe.ts'

const variantsOf = (type: GType): readonly GType[] => (type.kind === 'union' ? type.variants : [type])

/**
 * Equal variants are set aside, then those that mean the same thing are compared with each other: objects with one literal member in common, else the
 * only one of its kind on each side. What is left came or went, unless the other side takes it anyway.
 */
export function compareUnions(before: GType, after: GType, { comparison, place }: At): void {
  const [left, right] = [variantsOf(before), variantsOf(after)]
  const pairs = pairsOf(left, right)
  const [was, is] = [new Set(pairs.map((pair) => pair.before)), new Set(pairs.map((pair) => pair.after))]
  for (const [index, pair] of pairs.entries()) comparison.compare(pair.before, pair.after, place.at('anyOf', index))
  for (const variant of left.filter((one) => !was.has(one) && !comparison.contains(one, after, 'before')))
    comparison.list.note('union-variant-removed', place, { message: `the variant ${describe(variant)} is gone`, before: describe(variant) })
  for (const variant of right.filter((one) => !is.has(one) && !comparison.contains(one, before, 'after')))
    comparison.list.note('union-variant-added', place, { message: `the variant ${describe(variant)} is new`, after: describe(variant) })
}

interface Pair {
  readonly before: GType
  readonly after: GType
}

function pairsOf(left: readonly GType[], right: readonly GType[]): readonly Pair[] {
  const pairs: Pair[] = []
  const taken = new Set<GType>()
  for (const keyOf of [textOf, discriminatorOf, kindOf]) {
    const free = (side: readonly GType[]) =>
      onlyByKey(
        side.filter((variant) => !taken.has(variant)),
        keyOf,
      )
    const others = free(right)
    for (const [key, before] of free(left)) {
      const after = others.get(key)
      if (!before || !after) continue
      pairs.push({ before, after })
      taken.add(before).add(after)
    }
  }
  return pairs
}

/** Keys that occur once have their variant, others nothing. */
function onlyByKey(side: readonly GType[], keyOf: (type: GType) => string | undefined): ReadonlyMap<string, GType | undefined> {
  const byKey = new Map<string, GType | undefined>()
  for (const variant of side) {
    const key = keyOf(variant)
    if (key !== undefined) byKey.set(key, byKey.has(key) ? undefined : variant)
  }
  return byKey
}

/** A required member with one possible value, as tagged unions have it. */
function discriminatorOf(type: GType): string | undefined {
  if (type.kind !== 'object') return undefined
  const tags = [...(type as ObjectType).properties].flatMap(([name, { type: member, required }]) =>
    required && member.kind === 'enum' && member.values.length === 1 ? [`${name}=${JSON.stringify(member.values[0])}`] : [],
  )
  return tags.length > 0 ? tags.toSorted().join('&') : undefined
}

/** References are told apart by their names; two objects with different tags are different things. */
function kindOf(type: GType): string | undefined {
  if (type.kind === 'ref') return `ref ${type.name}`
  return type.kind === 'object' && discriminatorOf(type) !== undefined ? undefined : type.kind
}
