import { textOf } from './canonical-text.ts'
import type { GType } from './gtype.ts'
import { isObject, textAt } from './json-values.ts'

const known = new WeakMap<GType, readonly string[]>()

/** Names the type refers to, itself or in its parts; worked out once per type. */
export function referencesOf(type: GType): readonly string[] {
  const before = known.get(type)
  if (before) return before
  const names = new Set<string>()
  const open: unknown[] = [type]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const part of partsOf(at)) open.push(part)
    const name = isObject(at) && at['kind'] === 'ref' ? textAt(at, 'name') : undefined
    if (name !== undefined) names.add(name)
  }
  const found = [...names]
  known.set(type, found)
  return found
}

/** Types that say the same and refer to nothing are the same wherever they stand. */
export const arePlainlySame = (one: GType, other: GType): boolean => textOf(one) === textOf(other) && referencesOf(one).length === 0

function partsOf(value: unknown): readonly unknown[] {
  if (value instanceof Map) return [...value.values()]
  if (Array.isArray(value)) return value
  return isObject(value) ? Object.values(value).filter((part) => typeof part === 'object' && part !== null) : []
}
