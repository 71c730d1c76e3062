import { createHash } from 'node:crypto'
import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import { uuidv7 } from '../../shared/types/uuidv7.ts'
import type { Blobs, Manifests } from '../artifacts/contract.ts'
import type { Located } from '../metadata/contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import { holdDatabaseVersion } from './advisory-changes.queries.ts'
import { AnalysisFailed } from './analysis/analysis-failed.ts'
import type { AnalysisInput } from './analysis/analysis-input.ts'
import { rules } from './analysis/rules/catalogue.ts'
import type { AnalysisReport } from './analysis.contract.ts'
import { builtIn } from './component-matches.ts'
import { componentsOf, isUnpacked, linkContents, type ScannedContent, writeContent } from './contents.queries.ts'
import { conclude, type Evaluated, evaluate } from './evaluation.ts'
import type { PublicationGate } from './publication-gate.ts'
import type { ScanDurations } from './scan-durations.ts'
import type { ScanCause, ScanSubject } from './scan-subject.ts'
import { type ScanTarget, type ScanTargets, scanTargets } from './scan-targets.ts'
import { type Scanner, ScannerFailed } from './scanner.ts'
import {
  addScan,
  dropSubject,
  failScan,
  forgetOldScans,
  holdSubject,
  latestScan,
  lockSubject,
  noteGaps,
  openScan,
  type ProblemCode,
  standingOf,
} from './scans.queries.ts'
import { reportsOf, writeReport } from './vulnerabilities.queries.ts'
import type { VulnerabilityWarnings } from './vulnerability-warnings.ts'

export interface ScanDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly records: Records
  readonly manifests: Manifests
  readonly blobs: Blobs
}

/** Rejects with `AnalysisFailed`, or with the reason of the signal. */
export interface Analyst {
  analyse(input: AnalysisInput, signal: AbortSignal): Promise<AnalysisReport>
}

export interface ScanParts {
  readonly runner: Analyst
  /** Of the rules and catalogers: another one unpacks everything anew. */
  readonly analysedBy: string
  readonly scanners: readonly Scanner[]
  readonly automatic: boolean
  readonly gate: PublicationGate
  readonly warnings: VulnerabilityWarnings
  readonly durations: ScanDurations
}

export interface ScanWanted {
  readonly cause: ScanCause
  /** The row that waits for it. */
  readonly scanId?: string
  /** What the manifest is about to be called, while no name points to it. */
  readonly name?: string
}

interface Opened {
  readonly found: ScanTargets
  readonly located: Located
  readonly scanId: string
  /** Keys of the contents that need not be unpacked again. */
  readonly analysed: ReadonlySet<string>
}

interface Evaluation {
  readonly located: Located
  readonly scanId?: string
  readonly cause?: ScanCause
  /** What is to be stored together with the verdict. */
  readonly write?: () => Promise<void>
}

/** From a manifest to a verdict. */
export class ScanService {
  readonly #deps: ScanDeps
  readonly #parts: ScanParts

  constructor(deps: ScanDeps, parts: ScanParts) {
    this.#deps = deps
    this.#parts = parts
  }

  /** Nothing when the manifest is gone, is not to be scanned, or was by now: may be called twice for one publish. */
  async scan(subject: ScanSubject, wanted: ScanWanted, signal: AbortSignal): Promise<void> {
    const { database, records } = this.#deps
    const located = await records.located(subject.artifactId)
    if (!located || !this.#isWanted(located, wanted)) return
    const found = await scanTargets(this.#deps, located.artifact, {
      ...{ manifestDigest: subject.manifestDigest, name: wanted.name ?? (await this.#nameOf(subject)) },
    })
    if (!found) return dropSubject(database, subject)
    const scanId = wanted.scanId ?? uuidv7()
    const keys = found.targets.map(({ key }) => key)
    const analysed = await openScan(database, subject, { id: scanId, cause: wanted.cause, analysedBy: this.#parts.analysedBy, keys })
    // Asked for twice, because whoever did it died before it could say that it had.
    if (!analysed) return
    const startedAt = performance.now()
    const ended = (outcome: 'completed' | 'failed') => this.#parts.durations.observe({ outcome }, (performance.now() - startedAt) / 1_000)
    try {
      await this.#look(subject, { found, located, scanId, analysed }, signal)
      ended('completed')
    } catch (error) {
      ended('failed')
      const problem = problemOf(error)
      await failScan(database, scanId, problem)
      await this.#parts.gate.failed(subject, problem.code)
      await forgetOldScans(database, subject)
      // Asking again would end alike; what failed is shown, and what is held stays held.
      if (!isFinal(error)) throw error
    }
  }

  async #look(subject: ScanSubject, { found, located, scanId, analysed }: Opened, signal: AbortSignal): Promise<void> {
    const { database, transaction } = this.#deps
    if (found.problem !== undefined) throw new ScanImpossible(found.problem)
    const last = await this.#analyse(
      found.targets.filter(({ key }) => !analysed.has(key)),
      signal,
    )
    const write = async (): Promise<void> => {
      const written = last && writeContent(database, last)
      await Promise.all([written, noteGaps(database, scanId, found.gaps), linkContents(database, subject, found.targets)])
    }
    // With the verdict in one transaction, where nobody else is asked before it.
    if (this.#parts.scanners.length === 0) {
      await this.evaluate(subject, { located, scanId, write })
      return
    }
    await transaction.run(async () => {
      await lockSubject(database, subject)
      await write()
    })
    await this.#askScanners(subject, signal)
    await this.evaluate(subject, { located, scanId })
  }

  /** The verdict anew, from what is stored; `undefined` before the first scan. Without a scan of its own only when something changed. */
  async evaluate(subject: ScanSubject, evaluation: Evaluation): Promise<Evaluated | undefined> {
    const { database, transaction } = this.#deps
    const { scanId, write } = evaluation
    return transaction.run(async () => {
      if (scanId === undefined) {
        await holdSubject(database, subject)
        if (!(await this.#isScanned(subject))) return undefined
      }
      // Sent together, the lock first: a scan is mostly round trips.
      await Promise.all([scanId === undefined ? undefined : lockSubject(database, subject), write?.()])
      return this.#conclude(subject, evaluation)
    })
  }

  /** Within the transaction that holds the subject. */
  async #conclude(subject: ScanSubject, { located, scanId, cause = 'advisories' }: Evaluation): Promise<Evaluated> {
    const { database, transaction } = this.#deps
    // Sent together: the second sees what was committed while the first waited.
    const [, standing] = await Promise.all([holdDatabaseVersion(database), standingOf(database, subject)])
    const wasMalicious = standing.isScanned && (await latestScan(database, subject, 'completed'))?.malicious === true
    // Swept away between two looks, or unpacked by nobody: there is nothing to come to a verdict about.
    if (scanId !== undefined && !standing.isUnpacked) throw new Error('not all of the content was analysed')
    const found = await evaluate(this.#deps, located.artifact, { subject, standing })
    const evaluated = { ...found, changed: found.changed || found.malicious !== wasMalicious }
    if (scanId === undefined && !evaluated.changed) return evaluated
    const id = scanId ?? (await addScan(database, subject, { cause, status: 'scanning' }))
    const { analysedBy, gate, warnings } = this.#parts
    await conclude(this.#deps, { artifact: located.artifact, subject, scanId: id, analysedBy, evaluated, wasMalicious })
    if (standing.isScanned) await forgetOldScans(database, subject)
    await gate.settle(subject, evaluated, wasMalicious)
    transaction.afterCommit(() => warnings.forget(subject))
    return evaluated
  }

  /** Nothing that is said about content comes to a verdict before the content was looked at, by all who are to look at it. */
  async #isScanned(subject: ScanSubject): Promise<boolean> {
    const { database } = this.#deps
    const asked = new Set((await reportsOf(database, subject)).map(({ scanner }) => scanner))
    return this.#parts.scanners.every(({ name }) => asked.has(name)) && (await isUnpacked(database, subject))
  }

  /** Whoever runs the registry may demand what a namespace does not want. */
  #isWanted({ namespace }: Located, { cause }: ScanWanted): boolean {
    return cause !== 'published' || this.#parts.gate.isHolding || (this.#parts.automatic && namespace.settings.autoScanVulnerabilities)
  }

  async #nameOf({ artifactId, manifestDigest }: ScanSubject): Promise<string | undefined> {
    const { versions, tags } = await this.#deps.records.namesOf(artifactId, manifestDigest)
    return versions[0] ?? tags[0]
  }

  /**
   * What lies in a digest never changes: it is unpacked once for every version of the analysis, whoever has it. Answers the last report, which is still
   * to be written; those before it are not held on to.
   */
  async #analyse(targets: readonly ScanTarget[], signal: AbortSignal): Promise<ScannedContent | undefined> {
    const { database, transaction } = this.#deps
    const { analysedBy, runner } = this.#parts
    let last: ScannedContent | undefined
    for (const { digest, key, input } of targets) {
      const written = last
      if (written) await transaction.run(() => writeContent(database, written))
      last = { key, digest, origin: 'analysis', analysedBy, report: await runner.analyse(input, signal) }
    }
    return last
  }

  async #askScanners(subject: ScanSubject, signal: AbortSignal): Promise<void> {
    const { scanners } = this.#parts
    if (scanners.length === 0) return
    const { database } = this.#deps
    const components = await componentsOf(database, subject)
    for (const scanner of scanners) {
      const report = await scanner.scan({ ...subject, components }, signal)
      await writeReport(database, subject, { scanner: scanner.name, ...report })
    }
  }
}

/** The manifest itself is such that no scan of it comes to an end. */
class ScanImpossible extends Error {}

/** What another try would not change. A blob that could not be read, a process that did not start and a scanner out of reach are another matter. */
function isFinal(error: unknown): boolean {
  if (error instanceof AnalysisFailed) return error.reason !== 'unreadable' && error.cause === undefined
  return error instanceof ScanImpossible || (error instanceof ScannerFailed && !error.isTransient)
}

function problemOf(error: unknown): { readonly code: ProblemCode; readonly text: string } {
  if (error instanceof AnalysisFailed) return { code: error.reason, text: error.message }
  if (error instanceof ScannerFailed) return { code: 'scanner', text: error.message }
  if (error instanceof ScanImpossible) return { code: 'unscannable', text: error.message }
  return { code: 'internal', text: 'the scan ended with an error of the registry' }
}

interface AnalysisChoices {
  readonly suppressedRules: readonly string[]
  readonly popularNames: readonly string[]
}

/** What an analysis is known by: other sources of it, another table of rules, other suppressed ones or other names unpack everything anew. */
export function analysisVersion(sources: string, { suppressedRules, popularNames }: AnalysisChoices): string {
  const names = popularNames.length > 0 ? [popularNames.toSorted()] : []
  const asked = JSON.stringify([sources, rules, suppressedRules.toSorted(), ...names])
  return `${builtIn.name}@${builtIn.version}+${createHash('sha256').update(asked).digest('hex').slice(0, 16)}`
}
