import { compare, parse } from 'semver'
import { BadDocument, type OsvEvent } from './osv-document.ts'

/** Versions from `start` (`null`: from the first one) up to `end` (`null`: all later ones). */
export interface VersionInterval {
  readonly start: string | null
  readonly end: string | null
  /** Whether `end` itself belongs to it; otherwise it is the version that repaired it. */
  readonly inclusive: boolean
}

const short = /^v?(\d+)(?:\.(\d+))?$/

/** As semver orders it; sources also write `1` and `1.2`. Throws `BadDocument`. */
function orderedVersion(text: string): string {
  const parts = short.exec(text)
  const found = parse(parts ? `${parts[1]}.${parts[2] ?? 0}.0` : text, { loose: true })
  if (!found) throw new BadDocument(`${JSON.stringify(text)} is no version that semver knows`)
  return found.version
}

/** `0` comes before every version, and so does no start. */
const startOf = (text: string): string | null => (text === '0' ? null : orderedVersion(text))

interface Change {
  readonly at: string | null
  readonly kind: 'fixed' | 'introduced' | 'lastAffected'
}
const kinds: readonly Change['kind'][] = ['fixed', 'introduced', 'lastAffected']

function changesOf(event: OsvEvent): Change[] {
  const changes: Change[] = []
  if (event.introduced !== undefined) changes.push({ at: startOf(event.introduced), kind: 'introduced' })
  if (event.fixed !== undefined) changes.push({ at: startOf(event.fixed), kind: 'fixed' })
  if (event.last_affected !== undefined) changes.push({ at: startOf(event.last_affected), kind: 'lastAffected' })
  return changes
}

function compareStarts(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return compare(a, b)
}

/**
 * The events of one range in the sense of OSV's evaluation (https://ossf.github.io/osv-schema/#evaluation): sorted, then walked. Where one
 * version is both introduced and fixed, nothing changes there. Throws `BadDocument`.
 */
export function intervalsOf(events: readonly OsvEvent[]): VersionInterval[] {
  const sorted = withoutContradictions(events.flatMap(changesOf)).sort(
    (a, b) => compareStarts(a.at, b.at) || kinds.indexOf(a.kind) - kinds.indexOf(b.kind),
  )
  const intervals: VersionInterval[] = []
  let open: { readonly start: string | null } | undefined
  for (const { at, kind } of sorted) {
    if (kind === 'introduced') open ??= { start: at }
    // What ends before every version never began.
    else if (open && at === null) open = undefined
    else if (open) {
      intervals.push({ start: open.start, end: at, inclusive: kind === 'lastAffected' })
      open = undefined
    }
  }
  if (open) intervals.push({ start: open.start, end: null, inclusive: false })
  return limited(intervals, events)
}

function withoutContradictions(changes: readonly Change[]): Change[] {
  const versions = (wanted: Change['kind']) => new Set(changes.flatMap(({ at, kind }) => (kind === wanted ? [at] : [])))
  const [introduced, fixed] = [versions('introduced'), versions('fixed')]
  return changes.filter(({ at, kind }) => kind === 'lastAffected' || !introduced.has(at) || !fixed.has(at))
}

/** Where limits are given, only versions before the greatest of them count. */
function limited(intervals: readonly VersionInterval[], events: readonly OsvEvent[]): VersionInterval[] {
  const limits = events.flatMap(({ limit }) => (limit === undefined ? [] : [limit]))
  if (limits.length === 0 || limits.includes('*')) return [...intervals]
  const greatest = limits.map(orderedVersion).sort(compare).at(-1) ?? null
  return intervals
    .map((interval) => (reaches(interval, greatest) ? { ...interval, end: greatest, inclusive: false } : interval))
    .filter(({ start, end }) => start === null || end === null || compare(start, end) <= 0)
    .filter(({ start, end, inclusive }) => inclusive || start === null || start !== end)
}

/** Whether the interval has versions at or after that one. */
const reaches = ({ end, inclusive }: VersionInterval, at: string | null): boolean =>
  end === null || (at !== null && (inclusive ? compare(end, at) >= 0 : compare(end, at) > 0))

/** The same versions as few intervals in order: sources repeat a package for each of its ranges. */
export function unionOf(intervals: readonly VersionInterval[]): VersionInterval[] {
  const merged: VersionInterval[] = []
  for (const next of intervals.toSorted((a, b) => compareStarts(a.start, b.start))) {
    const last = merged.at(-1)
    if (!last || !meets(last, next.start)) merged.push(next)
    else if (endsBefore(last, next)) merged[merged.length - 1] = { ...next, start: last.start }
  }
  return merged
}

const meets = ({ end }: VersionInterval, start: string | null): boolean => end === null || start === null || compare(start, end) <= 0

function endsBefore(a: VersionInterval, b: VersionInterval): boolean {
  if (a.end === null || b.end === null) return a.end !== null
  return compare(a.end, b.end) < 0 || (compare(a.end, b.end) === 0 && b.inclusive && !a.inclusive)
}

/** How the ranges of advisories are read: a prerelease of a vulnerable version is vulnerable. */
export const rangeOptions = { includePrerelease: true, loose: true }

/** `>=1.0.0 <1.2.3 || >=2.0.0`, to be read with `rangeOptions`; `null` for no interval. */
export function rangeText(intervals: readonly VersionInterval[]): string | null {
  if (intervals.length === 0) return null
  return intervals.map(textOf).join(' || ')
}

function textOf({ start, end, inclusive }: VersionInterval): string {
  if (start !== null && start === end) return start
  const from = start === null ? [] : [`>=${start}`]
  const to = end === null ? [] : [`${inclusive ? '<=' : '<'}${end}`]
  return [...from, ...to].join(' ') || '*'
}

/** Versions that repair it, between what is vulnerable; `null` when no repair is known. Takes what `unionOf` answers. */
export function patchedText(intervals: readonly VersionInterval[]): string | null {
  const patched = intervals.flatMap(({ end, inclusive }, index) => {
    if (end === null || inclusive) return []
    const before = intervals[index + 1]?.start
    return [before ? `>=${end} <${before}` : `>=${end}`]
  })
  return patched.length === 0 ? null : patched.join(' || ')
}
