import type { Audit } from '../auth/contract.ts'
import type { ImportDeps } from './advisory-import.ts'
import { advisoriesOf, affectedOf, type MatchRow, newMatching } from './advisory-match.ts'
import type { Advisories, AdvisoryDocument, ImportReport, MatchedAdvisory } from './contract.ts'

export interface AdvisoriesDeps extends ImportDeps {
  readonly audit: Audit
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
    const matching = newMatching(ecosystem)
    const names = [...packages.keys()]
    for (let at = 0; at < names.length; at += namesPerQuery) {
      for (const row of await advisoriesOf(this.#deps.database, ecosystem, names.slice(at, at + namesPerQuery))) {
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
}

function advisoryOf({ id, number, url, title, severity, score, vectorString, cwe, aliases, ...row }: MatchRow) {
  const vulnerableVersions = [...(row.range === null ? [] : [row.range]), ...row.versions].join(' || ')
  const { patched: patchedVersions, publishedAt, modifiedAt } = row
  return {
    ...{ id, number, url, title, severity, vulnerableVersions, patchedVersions, cwe, aliases, publishedAt, modifiedAt },
    cvss: { score, vectorString },
  }
}
