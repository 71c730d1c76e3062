import { createHash } from 'node:crypto'

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number => {
  if (left === right) return 0
  return left < right ? -1 : 1
}

const isNoted = ([, value]: readonly [string, unknown]): boolean => value !== undefined

/** Deeper than any type that is read; what lies below is taken to be alike. */
const maxDepth = 400

/** JSON with sorted members; maps are written as objects, what is `undefined` is left out. */
export function canonicalText(value: unknown, depth = 0): string {
  if (depth > maxDepth) return '"…"'
  if (value instanceof Map)
    return members(
      [...value.entries()].map(([name, member]) => [String(name), member]),
      depth,
    )
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(',')}]`
  if (typeof value === 'object' && value !== null) return members(Object.entries(value), depth)
  return JSON.stringify(value) ?? 'null'
}

const members = (entries: readonly (readonly [string, unknown])[], depth: number): string =>
  `{${entries
    .filter(isNoted)
    .toSorted(byName)
    .map(([name, value]) => `${JSON.stringify(name)}:${canonicalText(value, depth + 1)}`)
    .join(',')}}`

const texts = new WeakMap<object, string>()
/** Longer texts are kept as their hash: what is compared often is compared in short. */
const longestText = 256

/** Equal for equal values, unequal for others; worked out once per object, which nobody changes afterwards. */
export function textOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const known = texts.get(value)
  if (known !== undefined) return known
  const whole = canonicalText(value)
  const text = whole.length > longestText ? hashOf(whole) : whole
  texts.set(value, text)
  return text
}

const hashOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** SHA-256 of the canonical text, as `sha256:<hex>`: equal fingerprints are equal types. */
export const fingerprint = (value: unknown): string => hashOf(canonicalText(value))
