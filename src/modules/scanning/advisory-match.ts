import { parse, Range, type SemVer } from 'semver'
import type { Database } from '../../shared/kernel/database.ts'
import { LoopTurn } from '../../shared/kernel/loop-turn.ts'
import type { Severity } from './contract.ts'
import type { OsvRange } from './osv-document.ts'
import { rangeOptions } from './version-intervals.ts'
import { isAffected } from './versions/affected.ts'
import { comparisonOf } from './versions/comparison.ts'
import type { Compare } from './versions/order.ts'

/** One package of an advisory. */
export interface MatchRow {
  readonly packageName: string
  readonly range: string | null
  readonly patched: string | null
  readonly versions: readonly string[]
  /** Of ecosystems that do not order like npm. */
  readonly givenRanges: readonly OsvRange[] | null
  readonly id: string
  readonly number: number
  readonly url: string
  readonly urls: readonly string[]
  readonly title: string
  readonly details: string | null
  readonly severity: Severity
  readonly score: number
  readonly vectorString: string | null
  readonly cwe: readonly string[]
  readonly aliases: readonly string[]
  readonly publishedAt: string
  readonly modifiedAt: string
}

/** By the index of (ecosystem, name). */
export const advisoriesOf = (database: Database, ecosystem: string, names: readonly string[]): Promise<MatchRow[]> =>
  database.sql<MatchRow>`
      select r.package_name as "packageName", r.range, r.patched, r.versions, case when r.ecosystem <> 'npm' then r.given_ranges end as "givenRanges",
        a.id, a.number, a.url, a.urls, a.title, a.details, a.severity,
        a.cvss_score as score, a.cvss_vector as "vectorString", a.cwe, a.aliases, a.published_at as "publishedAt", a.modified_at as "modifiedAt"
      from advisory_ranges r join advisories a on a.id = r.advisory_id
      where r.ecosystem = ${ecosystem} and r.package_name = any(${names}::text[]) and a.withdrawn_at is null
      order by r.package_name, a.number`

export interface Matching {
  readonly compare: Compare | undefined
  readonly parsed: Map<string, SemVer | null>
  /** A list of many versions must not hold up other requests. */
  readonly turn: LoopTurn
}

export const newMatching = (ecosystem: string): Matching => ({
  compare: comparisonOf(ecosystem),
  parsed: new Map(),
  turn: new LoopTurn(),
})

/** Those of the versions that the advisory is about. */
export async function affectedOf(row: MatchRow, versions: readonly string[], matching: Matching): Promise<string[]> {
  const named = new Set(row.versions)
  const isInRange = rangeTest(row, matching)
  const affected: string[] = []
  for (const version of versions) {
    if (matching.turn.isOver) await matching.turn.next()
    if (named.has(version) || isInRange(version)) affected.push(version)
  }
  return affected
}

function rangeTest({ range, givenRanges }: MatchRow, matching: Matching): (version: string) => boolean {
  const { compare } = matching
  if (givenRanges) return compare ? (version) => isAffected(version, givenRanges, compare) : () => false
  if (range === null) return () => false
  const read = new Range(range, rangeOptions)
  return (version) => isIn(read, version, matching)
}

function isIn(range: Range, version: string, { parsed }: Matching): boolean {
  let read = parsed.get(version)
  if (read === undefined) {
    read = parse(version, rangeOptions)
    parsed.set(version, read)
  }
  return read !== null && range.test(read)
}
