import { LoopTurn } from '../../../shared/kernel/loop-turn.ts'
import type { MatchedAdvisory } from '../../scanning/contract.ts'
import type { DependencyTree, Place } from './dependency-tree.ts'

type Matched = ReadonlyMap<string, readonly MatchedAdvisory[]>

interface Finding {
  readonly version: string
  readonly places: readonly Place[]
}

/** Findings and places that are written down, of all advisories together: a small tree in which much is vulnerable would be an answer of gigabytes. */
const maxReported = 10_000

class Findings {
  readonly #places: DependencyTree['places']
  readonly #turn = new LoopTurn()
  #left = maxReported

  constructor(places: DependencyTree['places']) {
    this.#places = places
  }

  /** `reached` counts also the places that are not written down. */
  async of(name: string, { affectedVersions }: MatchedAdvisory) {
    const findings: Finding[] = []
    let reached = 0
    for (const version of affectedVersions) {
      if (this.#turn.isOver) await this.#turn.next()
      const places = this.#places.get(`${name}@${version}`) ?? []
      reached += places.length
      if (this.#left > 0) findings.push({ version, places: this.#take(places) })
    }
    return { findings, reached }
  }

  #take(places: readonly Place[]): readonly Place[] {
    const told = places.slice(0, this.#left)
    this.#left -= 1 + told.length
    return told
  }
}

/**
 * What npm 6 and yarn 1 print. Its actions only ask for a review: which version would repair a tree is for the client to resolve. `muted`
 * belongs to exceptions, which are not kept here.
 */
export async function auditReport(matched: Matched, { places, counts }: DependencyTree) {
  const vulnerabilities = { info: 0, low: 0, moderate: 0, high: 0, critical: 0 }
  const advisories: Record<string, object> = {}
  const actions: object[] = []
  const all = new Findings(places)
  for (const [name, found] of matched) {
    const resolves: object[] = []
    for (const advisory of found) {
      const { findings, reached } = await all.of(name, advisory)
      // One advisory may concern several packages, which this form of a report keeps apart by nothing but the number.
      advisories[advisory.number] ??= advisoryOf(name, advisory, findings)
      vulnerabilities[advisory.severity] += reached
      resolves.push(...findings.flatMap((finding) => finding.places.map((place) => ({ id: advisory.number, ...place }))))
    }
    actions.push({ action: 'review', module: name, resolves })
  }
  const totalDependencies = counts.dependencies + counts.devDependencies + counts.optionalDependencies
  return { actions, advisories, muted: [], metadata: { vulnerabilities, ...counts, totalDependencies } }
}

function advisoryOf(name: string, advisory: MatchedAdvisory, findings: readonly Finding[]) {
  const { id, number, title, url, severity, vulnerableVersions, patchedVersions, cwe, cvss, aliases, publishedAt, modifiedAt } = advisory
  return {
    findings: findings.map(({ version, places }) => ({ version, paths: places.map(({ path }) => path) })),
    ...{ id: number, title, url, severity, cwe, cvss, access: 'public', module_name: name, overview: title, references: url },
    ...{ created: publishedAt, updated: modifiedAt, deleted: null, found_by: null, reported_by: null, metadata: null },
    cves: aliases.filter((alias) => alias.startsWith('CVE-')),
    github_advisory_id: id.startsWith('GHSA-') ? id : null,
    vulnerable_versions: vulnerableVersions,
    patched_versions: patchedVersions ?? '<0.0.0',
    recommendation: patchedVersions === null ? 'No repaired version is known' : `Upgrade to ${patchedVersions}`,
  }
}
