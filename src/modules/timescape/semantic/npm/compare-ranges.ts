import { minVersion, Range, subset, validRange } from 'semver'

const options = { includePrerelease: false, loose: true }
interface Line {
  readonly name: string
  readonly range: Range
}
const line = (name: string): Line => ({ name, range: new Range(`${name}.x`) })
/** `0.x`, `1.x` and so on, as far as engines have come. */
const lines = Array.from({ length: 100 }, (_, major) => line(`${major}`))
/** Before 1.0.0 what is a major later was a minor: Node.js 0.8 and 0.10 are as different as 8 and 10. */
const earlyLines = Array.from({ length: 30 }, (_, minor) => line(`0.${minor}`))

/** How the second range stands to the first. `undecided` when one of them is no range. */
export type RangeChange = 'same' | 'widened' | 'narrowed' | 'undecided'

export function compareRanges(before: string, after: string): RangeChange {
  const [was, is] = [readRange(before), readRange(after)]
  if (was === is) return 'same'
  if (was === undefined || is === undefined) return 'undecided'
  try {
    if (!subset(was, is, options)) return 'narrowed'
    return subset(is, was, options) ? 'same' : 'widened'
  } catch {
    return 'undecided'
  }
}

/** Release lines (`18`, `0.10`) of which the first range takes some version and the second none. */
export function lostLines(before: string, after: string): readonly string[] {
  const [was, is] = [before, after].map((range) => new Range(readRange(range) ?? '*', options)) as [Range, Range]
  const lostOf = (all: readonly Line[]) =>
    all.filter(({ range }) => was.intersects(range, options) && !is.intersects(range, options)).map(({ name }) => name)
  const lost = lostOf(lines)
  return lost.includes('0') ? lost : [...lostOf(earlyLines), ...lost]
}

/** Whether the lowest versions are of different majors. */
export function isOtherMajor(before: string, after: string): boolean {
  const [was, is] = [readRange(before), readRange(after)]
  return was !== undefined && is !== undefined && minVersion(was)?.major !== minVersion(is)?.major
}

/** Ranges of strangers can be as long as a package.json, and cost the square of their length. */
const maxRangeLength = 500
export const readRange = (range: string): string | undefined =>
  range.length > maxRangeLength ? undefined : (validRange(range, { loose: true }) ?? undefined)
