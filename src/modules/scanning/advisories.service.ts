import { parse, Range, type SemVer } from 'semver'
import type { Database } from '../../shared/kernel/database.ts'
import { LoopTurn } from '../../shared/kernel/loop-turn.ts'
import type { Audit } from '../auth/contract.ts'
import type { ImportDeps } from './advisory-import.ts'
import type { Advisories, AdvisoryDocument, ImportReport, MatchedAdvisory, Severity } from './contract.ts'
import { rangeOptions } from './version-intervals.ts'

export interface AdvisoriesDeps extends ImportDeps {
  readonly audit: Audit
}

interface MatchRow {
  readonly packageName: string
  readonly range: string | null
  readonly patched: string | null
  readonly versions: readonly string[]
  readonly id: string
  readonly number: number
  readonly url: string
  readonly title: string
  readonly severity: Severity
  readonly score: number
  readonly vectorString: string | null
  readonly cwe: readonly string[]
  readonly aliases: readonly string[]
  readonly publishedAt: string
  readonly modifiedAt: string
}

/** Of packages that are looked up at once. */
const namesPerQuery = 2_000

export class AdvisoriesService implements Advisories {
  readonly #deps: AdvisoriesDeps

  constructor(deps: AdvisoriesDeps) {
    this.#deps = deps
  }

  async matching(
    ecosystem: string,
    packages: ReadonlyMap<string, readonly string[]>,
  ): Promise<ReadonlyMap<string, readonly MatchedAdvisory[]>> {
    const found = new Map<string, MatchedAdvisory[]>()
    const matching = { parsed: new Map(), turn: new LoopTurn() }
    const names = [...packages.keys()]
    for (let at = 0; at < names.length; at += namesPerQuery) {
      for (const row of await this.#rows(this.#deps.database, ecosystem, names.slice(at, at + namesPerQuery))) {
        const affectedVersions = await affectedOf(row, packages.get(row.packageName) ?? [], matching)
        if (affectedVersions.length === 0) continue
        const matched = { ...advisoryOf(row), affectedVersions }
        const known = found.get(row.packageName)
        if (known) known.push(matched)
        else found.set(row.packageName, [matched])
      }
    }
    return found
  }

  async import(documents: AsyncIterable<AdvisoryDocument>, onProgress: (soFar: ImportReport) => void = () => {}): Promise<ImportReport> {
    // Scores and schemas are needed by nothing else.
    const { AdvisoryImport } = await import('./advisory-import.ts')
    const run = new AdvisoryImport(this.#deps)
    try {
      await run.take(documents, onProgress)
    } finally {
      // What is stored stays, also when the source fails later.
      const { problems: _problems, ...counts } = run.report
      await this.#deps.audit.record({ action: 'advisories.imported', subject: 'registry', after: counts })
    }
    return run.report
  }

  #rows(database: Database, ecosystem: string, names: readonly string[]): Promise<MatchRow[]> {
    return database.sql<MatchRow>`
      select r.package_name as "packageName", r.range, r.patched, r.versions, a.id, a.number, a.url, a.title, a.severity,
        a.cvss_score as score, a.cvss_vector as "vectorString", a.cwe, a.aliases, a.published_at as "publishedAt", a.modified_at as "modifiedAt"
      from advisory_ranges r join advisories a on a.id = r.advisory_id
      where r.ecosystem = ${ecosystem} and r.package_name = any(${names}::text[]) and a.withdrawn_at is null
      order by r.package_name, a.number`
  }
}

interface Matching {
  readonly parsed: Map<string, SemVer | null>
  /** A list of many versions must not hold up other requests. */
  readonly turn: LoopTurn
}

async function affectedOf(row: MatchRow, versions: readonly string[], matching: Matching): Promise<string[]> {
  const named = new Set(row.versions)
  const range = row.range === null ? undefined : new Range(row.range, rangeOptions)
  const affected: string[] = []
  for (const version of versions) {
    if (matching.turn.isOver) await matching.turn.next()
    if (named.has(version) || (range && isIn(range, version, matching))) affected.push(version)
  }
  return affected
}

function isIn(range: Range, version: string, { parsed }: Matching): boolean {
  let read = parsed.get(version)
  if (read === undefined) {
    read = parse(version, rangeOptions)
    parsed.set(version, read)
  }
  return read !== null && range.test(read)
}

function advisoryOf({ id, number, url, title, severity, score, vectorString, cwe, aliases, ...row }: MatchRow) {
  const vulnerableVersions = [...(row.range === null ? [] : [row.range]), ...row.versions].join(' || ')
  const { patched: patchedVersions, publishedAt, modifiedAt } = row
  return {
    ...{ id, number, url, title, severity, vulnerableVersions, patchedVersions, cwe, aliases, publishedAt, modifiedAt },
    cvss: { score, vectorString },
  }
}
