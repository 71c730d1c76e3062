import semver from 'semver'
import { foldName } from '../../../shared/types/artifact-name.ts'

/**
 * Whether a name fits one of the patterns, where `*` stands for any text without a slash or a scope. Time grows with the lengths of name and pattern
 * alone, however many stars there are.
 */
export const matcherOf = (patterns: readonly string[]): ((name: string) => boolean) => {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes('*')))
  const open = patterns.filter((pattern) => pattern.includes('*')).map(globOf)
  return (name) => exact.has(name) || open.some((fits) => fits(name))
}

function globOf(pattern: string): (name: string) => boolean {
  const segments = pattern.split('/').map(segmentOf)
  return (name) => {
    const parts = name.split('/')
    return parts.length === segments.length && segments.every((fits, index) => fits(parts[index] ?? ''))
  }
}

/** The texts between the stars are found one after the other, each as early as it can be: going back would find nothing else. */
function segmentOf(segment: string): (text: string) => boolean {
  const [first = '', ...others] = segment.split(/\*+/)
  const last = others.pop()
  if (last === undefined) return (text) => text === first
  return (text) => {
    const end = text.length - last.length
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
    let at = first.length
    for (const part of others) {
      const found = text.indexOf(part, at)
      if (found === -1) return false
      at = found + part.length
    }
    // A star never stands for the beginning of a scope.
    return at <= end && !text.slice(first.length).includes('@')
  }
}

interface Blocked {
  readonly fits: (name: string) => boolean
  /** Undefined: every version. */
  readonly range: string | undefined
}

/** Ranges of a package that a list of `name` and `name@range` blocks; `*` is every version. Throws an Error for an entry that is neither. */
export function blockListOf(entries: readonly string[]): (name: string) => readonly string[] {
  const list = entries.map((entry): Blocked => {
    const at = entry.indexOf('@', 1)
    const range = at === -1 ? undefined : entry.slice(at + 1)
    if (range !== undefined && semver.validRange(range) === null)
      throw new Error(`${entry} is no entry of a block list: ${range} is no range`)
    return { fits: matcherOf([at === -1 ? entry : entry.slice(0, at)]), range }
  })
  return (name) => list.filter(({ fits }) => fits(name)).map(({ range }) => range ?? '*')
}

/** Whether patterns fit names of a scope that is, or where they name it looks like, the one that a namespace of this name would be. */
export function scopeMatcherOf(patterns: readonly string[]): (namespace: string) => boolean {
  const scopes = patterns.flatMap((pattern) => /^@([^/]+)\//.exec(pattern)?.[1]?.replaceAll('~', '-') ?? [])
  const named = new Set(scopes.filter((scope) => !scope.includes('*')).map(foldName))
  const open = scopes.filter((scope) => scope.includes('*')).map(segmentOf)
  return (namespace) => named.has(foldName(namespace)) || open.some((fits) => fits(namespace))
}
