import { type ManifestProblem, step } from './manifest-problem.ts'

/** D-15. Array items are bounded too, because each one costs a check. */
const maxDepth = 64
const maxKeys = 10_000
const maxItems = 100_000

interface Place {
  readonly value: unknown
  /** Built only for a problem: a path per value would cost more than the value. */
  readonly parent: Place | undefined
  readonly key: string | number
  readonly depth: number
}

/** The first thing that no manifest of any type may have, whatever its schema says. Iterative: hostile depth cannot exhaust the stack. */
export function findBoundsProblem(manifest: unknown): ManifestProblem | undefined {
  const open: Place[] = [{ value: manifest, parent: undefined, key: '', depth: 1 }]
  const counts = { keys: 0, items: 0 }
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const wrong = wrongScalar(place.value) ?? wrongContainer(place, counts)
    if (wrong !== undefined) return { path: pathOf(place), ...wrong }
    // At most the counted keys and items ever get here, so the list stays bounded.
    for (const [key, value] of membersOf(place.value)) open.push({ value, parent: place, key, depth: place.depth + 1 })
  }
  return undefined
}

type Wrong = Omit<ManifestProblem, 'path'>

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

function membersOf(value: unknown): Iterable<[string | number, unknown]> {
  if (Array.isArray(value)) return value.entries()
  return isContainer(value) ? Object.entries(value) : []
}

const storable = (text: string): boolean => text.isWellFormed() && !text.includes('\0')

// jsonb refuses both, and would do so in the middle of the publish.
const unstorable: Wrong = {
  message: 'contains a NUL character or an unpaired surrogate',
  expected: 'text that Unicode can encode, without NUL',
}

function wrongScalar(value: unknown): Wrong | undefined {
  if (typeof value === 'string') return storable(value) ? undefined : unstorable
  const isJson = value === null || typeof value === 'boolean' || typeof value === 'object' || Number.isFinite(value)
  return isJson ? undefined : { message: 'is no JSON value', expected: 'a JSON value' }
}

function wrongContainer({ value, depth }: Place, counts: { keys: number; items: number }): Wrong | undefined {
  if (!isContainer(value)) return undefined
  if (depth > maxDepth) return { message: 'is nested too deeply', expected: `at most ${maxDepth} levels` }
  if (Array.isArray(value)) {
    counts.items += value.length
    return counts.items > maxItems ? { message: 'has too many items', expected: `at most ${maxItems} array items in all` } : undefined
  }
  const keys = Object.keys(value)
  counts.keys += keys.length
  if (counts.keys > maxKeys) return { message: 'has too many members', expected: `at most ${maxKeys} members in all` }
  if (!keys.every(storable)) return { ...unstorable, message: 'has a member whose name contains a NUL character or an unpaired surrogate' }
  // A copy by assignment would set the prototype instead of a member.
  if (keys.includes('__proto__')) return { message: 'has a member named __proto__', expected: 'any other name' }
  return undefined
}

function pathOf(place: Place): string {
  const steps: string[] = []
  for (let at: Place = place; at.parent !== undefined; at = at.parent) steps.push(step(at.key))
  return steps.reverse().join('')
}
