import { parse, Range } from 'semver'
import type { Severity } from './contract.ts'
import { scoreOf } from './cvss.ts'
import type { OsvAffected, OsvDocument, OsvRange } from './osv-document.ts'
import { normalEcosystem, normalName } from './package-names.ts'
import { severityOfScore, severityOfWord } from './severity.ts'
import { intervalsOf, patchedText, rangeOptions, rangeText, unionOf, type VersionInterval } from './version-intervals.ts'

/** An advisory as the tables hold it. */
export interface AdvisoryRecord {
  readonly id: string
  readonly modifiedAt: string
  readonly publishedAt: string
  readonly withdrawnAt: string | null
  readonly title: string
  readonly details: string | null
  readonly url: string
  readonly severity: Severity
  readonly cvssScore: number
  readonly cvssVector: string | null
  readonly cwe: readonly string[]
  readonly aliases: readonly string[]
  readonly urls: readonly string[]
  readonly packages: readonly PackageRecord[]
}

export interface PackageRecord {
  readonly ecosystem: string
  readonly packageName: string
  /** In npm's syntax; `null` when only single versions are named. */
  readonly range: string | null
  readonly patched: string | null
  /** Named one by one, and not in the range. */
  readonly versions: readonly string[]
  readonly givenRanges: readonly OsvRange[]
}

const maxTitleLength = 300
const maxDetailsLength = 4_000

/** Throws `BadDocument` when a range that should order like semver does not. */
export function advisoryRecord(document: OsvDocument): AdvisoryRecord {
  const { id, modified, published, withdrawn, aliases, affected } = document
  const urls = urlsOf(document)
  const { score, vectorString } = scoreOf(
    document.severity?.length ? document.severity : (affected ?? []).flatMap((each) => each.severity ?? []),
  )
  return {
    id,
    modifiedAt: modified,
    publishedAt: published ?? modified,
    withdrawnAt: withdrawn ?? null,
    title: titleOf(document),
    details: document.details?.trim() ? cut(document.details.trim(), maxDetailsLength) : null,
    url: pageOf(document, urls),
    severity: severityOf(document, vectorString === null ? undefined : score),
    cvssScore: score,
    cvssVector: vectorString,
    cwe: cweOf(document),
    aliases: aliases ?? [],
    urls,
    packages: packagesOf(affected ?? []),
  }
}

function titleOf({ id, summary, details }: OsvDocument): string {
  const text = summary?.trim() || details?.trim().split('\n', 1)[0] || id
  return cut(text, maxTitleLength)
}

const cut = (text: string, maxLength: number): string =>
  text.length > maxLength ? `${[...text.slice(0, 2 * maxLength)].slice(0, maxLength - 1).join('')}…` : text

/** What is known to be malicious has no score in any source. */
function severityOf({ id, database_specific }: OsvDocument, score: number | undefined): Severity {
  const unknown = id.startsWith('MAL-') ? 'critical' : 'moderate'
  return severityOfWord(database_specific?.['severity']) ?? (score === undefined ? unknown : severityOfScore(score))
}

function cweOf({ database_specific }: OsvDocument): string[] {
  const ids: unknown = database_specific?.['cwe_ids']
  if (!Array.isArray(ids)) return []
  return ids.filter((id: unknown): id is string => typeof id === 'string' && /^CWE-\d{1,6}$/.test(id)).slice(0, 100)
}

const urlsOf = ({ references }: OsvDocument): string[] =>
  (references ?? [])
    .toSorted((a, b) => Number(b.type === 'ADVISORY') - Number(a.type === 'ADVISORY'))
    .map(({ url }) => url)
    .filter((url) => url.length <= 2_048 && /^https?:\/\//i.test(url) && URL.canParse(url))
    .slice(0, 100)

/** Clients read the id of GitHub's advisories off the address of their page. */
function pageOf({ id }: OsvDocument, urls: readonly string[]): string {
  if (id.startsWith('GHSA-')) return `https://github.com/advisories/${id}`
  return urls[0] ?? `https://osv.dev/vulnerability/${encodeURIComponent(id)}`
}

/** Sources repeat a package for each of its ranges; it becomes one. */
function packagesOf(affected: readonly OsvAffected[]): PackageRecord[] {
  const named = affected.flatMap(({ package: found, ranges = [], versions = [] }) => {
    if (!found) return []
    const ecosystem = normalEcosystem(found.ecosystem)
    return [{ ecosystem, name: normalName(ecosystem, found.name), ranges, versions }]
  })
  const groups = Map.groupBy(named, ({ ecosystem, name }) => `${ecosystem}\n${name}`)
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    return first
      ? [
          packageRecord(
            first,
            group.flatMap(({ ranges }) => ranges),
            group.flatMap(({ versions }) => versions),
          ),
        ]
      : []
  })
}

function packageRecord(
  { ecosystem, name }: { ecosystem: string; name: string },
  ranges: readonly OsvRange[],
  named: readonly string[],
): PackageRecord {
  const intervals = unionOf(ranges.filter(({ type }) => ordersLikeSemver(type, ecosystem)).flatMap(({ events }) => intervalsOf(events)))
  return {
    ecosystem,
    packageName: name,
    range: rangeText(intervals),
    patched: patchedText(intervals),
    versions: outside(intervals, [...new Set(named)]),
    givenRanges: ranges.filter(({ type }) => type !== 'GIT'),
  }
}

/** Of the other ecosystems the ranges are kept as they are given, and read by the order of the ecosystem. */
const ordersLikeSemver = (type: string, ecosystem: string): boolean => type === 'SEMVER' || (type === 'ECOSYSTEM' && ecosystem === 'npm')

function outside(intervals: readonly VersionInterval[], versions: readonly string[]): string[] {
  const text = rangeText(intervals)
  if (text === null) return [...versions]
  const range = new Range(text, rangeOptions)
  return versions.filter((version) => {
    const parsed = parse(version, rangeOptions)
    return parsed === null || !range.test(parsed)
  })
}
