import type { Environment } from './settings.ts'

/** A variable that looks like a setting and is none: most likely a slip of the pen. */
export interface UnknownVariable {
  readonly variable: string
  readonly closest: string
}

/** The `REGISTRY_*` variables of `env` that are not among `known`; one that is empty is not set. */
export function unknownVariables(env: Environment, known: readonly string[]): UnknownVariable[] {
  const names = new Set(known)
  return Object.entries(env)
    .filter(([name, text]) => name.startsWith('REGISTRY_') && text !== undefined && text !== '' && !names.has(name))
    .map(([variable]) => ({ variable, closest: closestTo(variable, known) }))
}

// Nobody's name is longer, and the distance takes the product of both lengths.
const longestName = 200

function closestTo(variable: string, known: readonly string[]): string {
  let closest = ''
  let least = Number.POSITIVE_INFINITY
  for (const name of known) {
    const distance = editDistance(variable.slice(0, longestName), name)
    if (distance < least) {
      least = distance
      closest = name
    }
  }
  return closest
}

/** Levenshtein: insertions, deletions and replacements of one character. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
