import type { Database } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Artifact } from '../metadata/contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import { builtIn, componentMatches } from './component-matches.ts'
import { type ContentVerdict, componentsOf, contentsOf, findingsOf, type StoredFinding } from './contents.queries.ts'
import { MaliciousContentFound, ScanCompleted, VulnerabilityDetected } from './events.contract.ts'
import { mergeDetected } from './merge-detected.ts'
import type { ScanSubject } from './scan-subject.ts'
import { clientName } from './scan-targets.ts'
import { completeScan, type ScannerUsed, type Standing } from './scans.queries.ts'
import { type ScanVerdict, verdictOf } from './security-score.ts'
import { applyVex } from './vex/apply.ts'
import { maxStatements } from './vex/statement.ts'
import { lastStatements } from './vex.queries.ts'
import { knownElsewhere, knownVulnerabilities, reportsOf, writeVulnerabilities } from './vulnerabilities.queries.ts'
import { isOpen, severities, type Vulnerability } from './vulnerability.ts'

export interface EvaluationDeps {
  readonly database: Database
  readonly events: Events
  readonly records: Records
}

export interface Evaluated extends ScanVerdict {
  readonly vulnerabilities: readonly Vulnerability[]
  readonly findings: readonly StoredFinding[]
  readonly contents: readonly ContentVerdict[]
  /** Of malicious packages, when one is this very version. */
  readonly maliciousAdvisories: readonly string[]
  /** Digests of what is malicious by itself. */
  readonly maliciousContents: ReadonlySet<string>
  readonly databaseVersion: number
  readonly scanners: readonly ScannerUsed[]
  /** Whether anything differs from what is stored. */
  readonly changed: boolean
  readonly added: readonly Vulnerability[]
  /** Rows that were read to come to the verdict. */
  readonly componentsRead: number
}

interface Asked {
  readonly subject: ScanSubject
  readonly standing: Standing
}

/** The verdict about what is stored of a manifest: nothing is unpacked. Within a transaction that holds the subject and the advisories; writes vulnerabilities. */
export async function evaluate(deps: EvaluationDeps, artifact: Artifact, { subject, standing }: Asked): Promise<Evaluated> {
  const { database } = deps
  const [components, reports, statements, findings, contents] = await Promise.all([
    standing.hasComponents ? componentsOf(database, subject) : [],
    standing.hasReports ? reportsOf(database, subject) : [],
    standing.hasStatements ? lastStatements(database, subject, maxStatements) : [],
    standing.hasFindings ? findingsOf(database, subject) : [],
    contentsOf(database, subject),
  ])
  const detected = [...(await componentMatches(database, components)), ...reports.flatMap(({ vulnerabilities }) => vulnerabilities)]
  const vulnerabilities = applyVex(mergeDetected(detected), statements)
  const malicious = new Set(contents.filter(({ level }) => level === 'malicious').map(({ digest }) => digest))
  const maliciousAdvisories = await advisoriesAgainst(deps.records, artifact, { subject, vulnerabilities })
  const known = standing.hasVulnerabilities ? await knownVulnerabilities(database, subject) : []
  await writeVulnerabilities(database, subject, { found: vulnerabilities, known })
  return {
    ...verdictOf(vulnerabilities, { findings, malicious: malicious.size + maliciousAdvisories.length > 0 }),
    ...{
      vulnerabilities,
      findings,
      contents,
      maliciousAdvisories,
      maliciousContents: malicious,
      databaseVersion: standing.databaseVersion,
    },
    scanners: [
      { ...builtIn, databaseVersion: String(standing.databaseVersion) },
      ...reports.map(({ scanner: name, ...rest }) => ({ name, version: rest.version, databaseVersion: rest.databaseVersion })),
    ],
    changed: fingerprint(known) !== fingerprint(vulnerabilities),
    added: await newOf(database, subject, { vulnerabilities, known }),
    componentsRead: components.length,
  }
}

/**
 * Names of malicious packages that are this artifact itself, in a version that it has here. What contains such a package has a vulnerability. No
 * statement of the publisher takes it back.
 */
async function advisoriesAgainst(
  records: Records,
  { format, namespace, name, id }: Artifact,
  { subject, vulnerabilities }: { readonly subject: ScanSubject; readonly vulnerabilities: readonly Vulnerability[] },
): Promise<string[]> {
  const itself = clientName({ format, namespace, name })
  const candidates = vulnerabilities.filter(
    (each) => format === 'npm' && each.package === itself && each.purl.startsWith('pkg:npm/') && each.ids.some(isMalware),
  )
  if (candidates.length === 0) return []
  const { versions } = await records.namesOf(id, subject.manifestDigest)
  const against = candidates.filter(({ version }) => versions.length === 0 || versions.includes(version))
  return [...new Set(against.flatMap(({ ids }) => ids.filter(isMalware)))].sort()
}

const isMalware = (id: string): boolean => id.startsWith('MAL-')

type Known = Pick<Vulnerability, 'vulnerability' | 'purl' | 'status' | 'score' | 'severity' | 'fixedVersion'>

const fingerprint = (all: readonly Known[]): string =>
  all
    .map(({ vulnerability, purl, status, score, severity, fixedVersion }) =>
      [vulnerability, purl, status, Math.fround(score), severity, fixedVersion].join('\n'),
    )
    .sort()
    .join('\n\n')

/** Open ones that neither this manifest nor another one of the artifact had before; each once. */
async function newOf(
  database: Database,
  subject: ScanSubject,
  { vulnerabilities, known }: { readonly vulnerabilities: readonly Vulnerability[]; readonly known: readonly Known[] },
): Promise<Vulnerability[]> {
  const before = new Set(known.filter(isOpen).map(({ vulnerability }) => vulnerability))
  const candidates = new Map(
    vulnerabilities
      .filter((each) => isOpen(each) && !before.has(each.vulnerability))
      .toSorted((a, b) => a.score - b.score)
      .map((each) => [each.vulnerability, each]),
  )
  if (candidates.size === 0) return []
  const elsewhere = await knownElsewhere(database, subject, [...candidates.keys()])
  return [...candidates.values()].filter(({ vulnerability }) => !elsewhere.has(vulnerability)).toSorted((a, b) => b.score - a.score)
}

export function countsOf(vulnerabilities: readonly Vulnerability[]): Record<string, number> {
  const counts: Record<string, number> = {}
  // One vulnerability of five packages is one, as grave as the gravest of them.
  const byScore = vulnerabilities.filter(isOpen).toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity))
  const open = new Map(byScore.map((each) => [each.vulnerability, each]))
  for (const { severity } of open.values()) counts[severity] = (counts[severity] ?? 0) + 1
  return counts
}

/** More are counted, and not told one by one. */
const maxTold = 500

interface Told {
  readonly artifact: Artifact
  readonly subject: ScanSubject
  readonly scanId: string
  readonly analysedBy: string
  readonly evaluated: Evaluated
  readonly wasMalicious: boolean
}

/** The row of the scan, and the events about it; within the transaction of the evaluation. */
export async function conclude({ database, events }: EvaluationDeps, told: Told): Promise<void> {
  const { artifact, subject, scanId, evaluated, analysedBy } = told
  const { securityScore, riskLevel, malicious, vulnerabilities } = evaluated
  const counts = countsOf(vulnerabilities)
  const { scanners, databaseVersion: version } = evaluated
  await completeScan(database, scanId, { analysedBy, securityScore, riskLevel, malicious, counts, scanners, databaseVersion: version })
  const { id: artifactId, namespace, name, format } = artifact
  const fact = { artifactId, namespace, name, format, manifestDigest: subject.manifestDigest, scanId }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  await events.emit(ScanCompleted, { ...fact, securityScore, riskLevel, vulnerabilities: total, malicious })
  for (const each of evaluated.added.slice(0, maxTold)) {
    const { vulnerability: advisoryId, severity, fixedVersion } = each
    const aliases = each.ids.filter((id) => id !== advisoryId)
    await events.emit(VulnerabilityDetected, { ...fact, advisoryId, aliases, severity, package: each.package, fixedVersion })
  }
  if (!malicious || told.wasMalicious) return
  const rules = [...new Set([...evaluated.maliciousAdvisories, ...incriminating(evaluated).map(({ rule }) => rule)])]
  await events.emit(MaliciousContentFound, { ...fact, rules })
}

const tells: ReadonlySet<string> = new Set(['malicious', 'suspicious', 'model', 'archive'])

/** What the verdict of malicious content is made of, the surest first. */
export const incriminating = ({
  findings,
  maliciousContents: digests,
}: Pick<Evaluated, 'findings' | 'maliciousContents'>): StoredFinding[] =>
  findings.filter(({ contentDigest, category }) => digests.has(contentDigest) && tells.has(category))
