import { readFileSync } from 'node:fs'

/** Names people mean to type; the list is ours, by no means complete, and has no weight of its own (`docs/scanning-rules.md`). */
const bundled: readonly string[] = readFileSync(new URL('./popular-npm-names.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')

/** Letters that look alike, or that fingers take for each other. */
const lookalikes: readonly (readonly [RegExp, string])[] = [
  [/[0о]/g, 'o'],
  [/[1l|іi]/g, 'l'],
  [/rn/g, 'm'],
  [/vv/g, 'w'],
  [/5/g, 's'],
  [/а/g, 'a'],
  [/е/g, 'e'],
  [/с/g, 'c'],
]
/** What is added to a popular name to look like a part of it. */
const affixes = /^(?:node|js|npm)[-.]|[-.](?:js|node|npm)$/g
const minLength = 5

export interface Squat {
  readonly popular: string
  readonly how: string
}

/** The popular name that this one could be taken for; nothing for a popular name itself. */
export function squatOf(name: string, furtherPopular: readonly string[]): Squat | undefined {
  const popular = new Set([...bundled, ...furtherPopular])
  if (popular.has(name)) return undefined
  const [scope, bare] = name.startsWith('@') ? splitScope(name) : [undefined, name]
  if (scope !== undefined) return scopedSquat(scope, bare, popular)
  return (
    scopeWithoutAt(bare, popular) ??
    nearest(
      bare,
      [...popular].filter((candidate) => !candidate.startsWith('@')),
    )
  )
}

/** `@babe1/core`: the scope of somebody else, almost. One's own name in one's own scope is no squat. */
function scopedSquat(scope: string, bare: string, popular: ReadonlySet<string>): Squat | undefined {
  const scoped = [...popular]
    .filter((candidate) => candidate.startsWith('@'))
    .map((candidate) => ({ candidate, parts: splitScope(candidate) }))
  if (scoped.some(({ parts: [owner] }) => owner === scope)) return undefined
  for (const {
    candidate,
    parts: [owner, own],
  } of scoped) {
    if (own !== bare) continue
    const near = nearest(scope, [owner])
    if (near) return { popular: candidate, how: `its scope: ${near.how}` }
  }
  return undefined
}

/** `types-node` for `@types/node`: the same words with the scope as a part of the name. */
function scopeWithoutAt(bare: string, popular: ReadonlySet<string>): Squat | undefined {
  if (bare.length < 8) return undefined
  for (const candidate of popular) {
    if (candidate.startsWith('@') && plain(candidate.slice(1).replace('/', '')) === plain(bare)) {
      return { popular: candidate, how: 'the scope written as a part of the name' }
    }
  }
  return undefined
}

function nearest(name: string, candidates: readonly string[]): Squat | undefined {
  if (name.length < minLength) return undefined
  for (const candidate of candidates) {
    if (candidate.length < minLength || Math.abs(candidate.length - name.length) > 4) continue
    const how = likeness(name, candidate)
    if (how) return { popular: candidate, how }
  }
  return undefined
}

function likeness(name: string, popular: string): string | undefined {
  if (name === popular) return undefined
  if (plain(name) === plain(popular)) return 'the same without punctuation'
  if (seen(name) === seen(popular)) return 'letters that look alike'
  const core = name.replaceAll(affixes, '')
  if (core === popular && popular.length >= minLength) return 'an affix that says nothing'
  // Short names are one letter away from many others in good faith.
  if (popular.length < 6) return transposed(name, popular) ? 'two letters swapped' : undefined
  return distance(name, popular, 1) <= 1 ? 'one letter away' : undefined
}

const plain = (name: string): string => name.replaceAll(/[-_.]/g, '')
const seen = (name: string): string => lookalikes.reduce((text, [pattern, letter]) => text.replaceAll(pattern, letter), name)
const splitScope = (name: string): [string, string] => {
  const slash = name.indexOf('/')
  return [name.slice(1, slash), name.slice(slash + 1)]
}

function transposed(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  const at = [...a].findIndex((letter, index) => letter !== b[index])
  return at >= 0 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2)
}

/** Damerau-Levenshtein (optimal string alignment); gives up beyond the limit. */
export function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= b.length; j += 1) row.push(cell({ a, b, i, j }, { before, last, row }))
    if (Math.min(...row) > limit) return limit + 1
    before = last
    last = row
  }
  return last[b.length] ?? limit + 1
}

function cell({ a, b, i, j }: { a: string; b: string; i: number; j: number }, rows: Record<'before' | 'last' | 'row', number[]>): number {
  const at = (row: readonly number[], index: number) => row[index] ?? Number.POSITIVE_INFINITY
  const change = a[i - 1] === b[j - 1] ? 0 : 1
  const cost = Math.min(at(rows.last, j) + 1, at(rows.row, j - 1) + 1, at(rows.last, j - 1) + change)
  const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
  return isSwap ? Math.min(cost, at(rows.before, j - 2) + 1) : cost
}
