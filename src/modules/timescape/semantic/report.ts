import type { Bump, Change } from '../change.ts'

/** Takes one difference. */
export type Report = (change: Change) => void

/** JSON pointer (RFC 6901). */
export const pointer = (...segments: readonly string[]): string =>
  segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** What a comparison may tell at most: more is no help to anybody, and rows are bounded. */
const maxChanges = 1_000
const ranks: Readonly<Record<Bump, number>> = { none: 0, patch: 1, minor: 2, major: 3 }

export const bumpRank = (bump: Bump): number => ranks[bump]

/** Changes in the order they were found, each once, the gravest kept when there are too many. */
export class Changes {
  readonly #found = new Map<string, Change>()

  readonly add: Report = (whole) => {
    const change = bounded(whole)
    const key = `${change.rule} ${change.path}`
    const known = this.#found.get(key)
    if (!known || ranks[known.bump] < ranks[change.bump]) this.#found.set(key, change)
  }

  get list(): readonly Change[] {
    const all = [...this.#found.values()]
    if (all.length <= maxChanges) return all
    const kept = all.toSorted((one, other) => ranks[other.bump] - ranks[one.bump]).slice(0, maxChanges)
    return [...kept, { path: '', rule: 'changes-cut', bump: 'none', message: `${all.length - maxChanges} more changes are not listed` }]
  }
}

const maxText = 500

/** Content of strangers ends up in rows and answers: in short. */
function bounded({ path, rule, bump, message, before, after }: Change): Change {
  return {
    ...{ path: cut(path), rule, bump, message: cut(message) },
    ...(before !== undefined && { before: shortValue(before) }),
    ...(after !== undefined && { after: shortValue(after) }),
  }
}

const cut = (text: string): string => (text.length > maxText ? `${text.slice(0, maxText)}…` : text).toWellFormed()

function shortValue(value: unknown): unknown {
  const text = JSON.stringify(value)
  return text.length > 2 * maxText ? cut(text) : value
}

/** The gravest of all; `none` when there is nothing. */
export const bumpOf = (changes: readonly Change[]): Bump =>
  changes.reduce<Bump>((gravest, { bump }) => (ranks[bump] > ranks[gravest] ? bump : gravest), 'none')
