import type { OsvEvent, OsvRange } from '../osv-document.ts'
import type { Compare } from './order.ts'
import { compareSemantic } from './semantic.ts'

/**
 * Whether a version is in one of the ranges, by OSV's own evaluation (https://ossf.github.io/osv-schema/#evaluation): of the events at or before the
 * version, the last one decides. `introduced: 0` comes before every version. What is no version is in no range: only a list of versions can name it.
 */
export const isAffected = (version: string, ranges: readonly OsvRange[], compare: Compare): boolean =>
  ranges.some(({ type, events }) => type !== 'GIT' && isIn(version, events, type === 'SEMVER' ? compareSemantic : compare))

function isIn(version: string, events: readonly OsvEvent[], compare: Compare): boolean {
  if (compare.reads && !compare.reads(version)) return false
  if (!withinLimits(version, events, compare)) return false
  const passed = inOrder(events, compare).filter(({ at, kind }) => {
    const order = at === '0' && kind === 'introduced' ? 1 : compare(version, at)
    return kind === 'lastAffected' ? order > 0 : order >= 0
  })
  return passed.at(-1)?.kind === 'introduced'
}

const kinds = ['fixed', 'introduced', 'lastAffected'] as const

function inOrder(events: readonly OsvEvent[], compare: Compare) {
  const changes = events.flatMap((event) => [
    ...(event.introduced === undefined ? [] : [{ at: event.introduced, kind: 'introduced' as const }]),
    ...(event.fixed === undefined ? [] : [{ at: event.fixed, kind: 'fixed' as const }]),
    ...(event.last_affected === undefined ? [] : [{ at: event.last_affected, kind: 'lastAffected' as const }]),
  ])
  const isFirst = ({ at, kind }: { at: string; kind: string }): boolean => at === '0' && kind === 'introduced'
  return changes.sort((a, b) => {
    if (isFirst(a) || isFirst(b)) return Number(isFirst(b)) - Number(isFirst(a))
    return compare(a.at, b.at) || kinds.indexOf(a.kind) - kinds.indexOf(b.kind)
  })
}

function withinLimits(version: string, events: readonly OsvEvent[], compare: Compare): boolean {
  const limits = events.flatMap(({ limit }) => (limit === undefined ? [] : [limit]))
  return limits.length === 0 || limits.includes('*') || limits.some((limit) => compare(version, limit) < 0)
}

/** The lowest version that repairs what this one has; `null` when none is known. */
export function fixedIn(version: string, ranges: readonly OsvRange[], compare: Compare): string | null {
  let lowest: string | null = null
  for (const { type, events } of ranges) {
    const order = type === 'SEMVER' ? compareSemantic : compare
    for (const { fixed } of events)
      if (fixed !== undefined && order(fixed, version) > 0 && (lowest === null || order(fixed, lowest) < 0)) lowest = fixed
  }
  return lowest
}
