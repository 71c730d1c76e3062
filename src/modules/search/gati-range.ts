import semver from 'semver'
import { parseVersion } from '../../shared/types/version.ts'
import { versionSortKey } from '../../shared/types/version-sort-key.ts'

/** Versions of the framework between two sort keys, the first included; `null`: without an end. Compared byte by byte. */
export interface GatiInterval {
  readonly from: string
  readonly until: string | null
}

const maxIntervals = 20
/** Sorts right behind the key and before every other. */
const behind = (key: string): string => `${key} `

/** The sort key of a version; `undefined` for what is none. */
export function gatiKey(version: string): string | undefined {
  const parsed = parseVersion(version)
  return parsed && versionSortKey(parsed)
}

/** What a range allows, prereleases between its ends included, so that an index can tell. */
export function gatiIntervals(range: string | null): readonly GatiInterval[] {
  if (range === null) return []
  const { set } = new semver.Range(range, { includePrerelease: true })
  return set.slice(0, maxIntervals).flatMap((comparators) => {
    const ends = comparators.map(({ operator, semver: version }) => endsOf(operator, version))
    const from =
      ends
        .map((end) => end.from)
        .toSorted()
        .at(-1) ?? ''
    const until =
      ends
        .map((end) => end.until)
        .filter((end) => end !== null)
        .toSorted()[0] ?? null
    return until === null || from < until ? [{ from, until }] : []
  })
}

function endsOf(operator: string, version: semver.SemVer): GatiInterval {
  // `*` has a comparator without a version.
  const key = typeof version.version === 'string' ? gatiKey(version.version) : undefined
  if (key === undefined) return { from: '', until: null }
  if (operator === '>') return { from: behind(key), until: null }
  if (operator === '>=') return { from: key, until: null }
  if (operator === '<') return { from: '', until: key }
  if (operator === '<=') return { from: '', until: behind(key) }
  return { from: key, until: behind(key) }
}
