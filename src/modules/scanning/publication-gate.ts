import type { Database } from '../../shared/kernel/database.ts'
import type { Publication, PublicationPolicy, Publications } from '../metadata/publications.contract.ts'
import { isApproved } from './approvals.queries.ts'
import { type ContentVerdict, contentsOf } from './contents.queries.ts'
import { type Evaluated, incriminating } from './evaluation.ts'
import type { ScanSubject } from './scan-subject.ts'
import { latestScan } from './scans.queries.ts'
import type { ScanningSettings } from './settings.ts'
import { unreadOf } from './unread-content.ts'
import { isOpen, severities } from './vulnerability.ts'

export const policyName = 'scanning'

const foundMalicious = 'its scan found malicious content'
const foundGrave = (severity: string): string => `its scan found vulnerabilities that are ${severity}`

interface GateDeps {
  readonly database: Database
  readonly publications: Publications
}

/** Between a verdict and who may see what it is about. */
export class PublicationGate implements PublicationPolicy {
  readonly name = policyName
  readonly #deps: GateDeps
  readonly #settings: ScanningSettings

  constructor(deps: GateDeps, settings: ScanningSettings) {
    this.#deps = deps
    this.#settings = settings
  }

  get isHolding(): boolean {
    return this.#settings.gate === 'hold'
  }

  concerns(): boolean {
    return this.isHolding
  }

  /** What is known to be clean from before may have another name at once; everything else waits for a scan, whatever became of it. */
  async review({ located, manifestDigest }: Publication): Promise<string | null> {
    const subject = { artifactId: located.artifact.id, manifestDigest }
    const latest = await latestScan(this.#deps.database, subject, 'completed')
    if (!latest) return 'it waits for its scan'
    if (latest.malicious) return foundMalicious
    if (await isApproved(this.#deps.database, subject)) return null
    const grave = this.#tooGrave(Object.keys(latest.counts))
    return grave === undefined ? this.#objection(await contentsOf(this.#deps.database, subject)) : foundGrave(grave)
  }

  /** Within the transaction of the verdict. `wasMalicious`: by the verdict before. */
  async settle(subject: ScanSubject, evaluated: Evaluated, wasMalicious: boolean): Promise<void> {
    if (wasMalicious) await this.#lift(subject, evaluated)
    if (evaluated.malicious) await this.#quarantine(subject, evaluated)
    const objection = evaluated.malicious ? foundMalicious : await this.#objectionTo(subject, evaluated)
    if (objection !== null) await this.#explain(subject, objection)
    else if (this.isHolding || (await this.#isHeld(subject))) await this.#deps.publications.release(subject, policyName)
  }

  /** Whoever waits for it learns why it waits on. */
  async failed(subject: ScanSubject, code: string): Promise<void> {
    await this.#explain(subject, `its scan failed (${code}); publishers may ask for another one`)
  }

  async #explain(subject: ScanSubject, reason: string): Promise<void> {
    if (this.isHolding) await this.#deps.publications.explain(subject, policyName, reason)
  }

  async #objectionTo(subject: ScanSubject, { vulnerabilities, contents }: Evaluated): Promise<string | null> {
    if (!this.isHolding || (await isApproved(this.#deps.database, subject))) return null
    const grave = this.#tooGrave(vulnerabilities.filter(isOpen).map(({ severity }) => severity))
    return grave === undefined ? this.#objection(contents) : foundGrave(grave)
  }

  /** What was not read may be anything, and what is suspicious is not clean. */
  #objection(contents: readonly ContentVerdict[]): string | null {
    const { holdOnGaps, holdSuspicious } = this.#settings
    if (holdSuspicious && contents.some(({ level }) => level === 'suspicious')) return 'its scan found something suspicious'
    const [unread] = holdOnGaps ? unreadOf(contents) : []
    return unread === undefined ? null : `its scan could not read all of it: ${unread.slice(0, 200)}`
  }

  /** From the time when the gate was another one. */
  async #isHeld({ artifactId, manifestDigest }: ScanSubject): Promise<boolean> {
    const held = await this.#deps.publications.held(artifactId)
    return held.some((one) => one.manifestDigest === manifestDigest && one.holds.some(({ policy }) => policy === policyName))
  }

  /** The manifest and, of an index, every image that is malicious by itself. */
  async #quarantine({ artifactId, manifestDigest }: ScanSubject, evaluated: Evaluated): Promise<void> {
    const digests = new Set([manifestDigest, ...evaluated.maliciousContents])
    const seen = [...new Set(incriminating(evaluated).map(({ rule, path }) => `${rule} in ${path}`))]
    const reason = `malicious content: ${[...evaluated.maliciousAdvisories, ...seen].slice(0, 5).join(', ')}`
    for (const digest of digests)
      await this.#deps.publications.quarantine({ artifactId, manifestDigest: digest }, { by: policyName, reason: reason.slice(0, 500) })
  }

  /** Of the manifest and its images, what is malicious no more. */
  async #lift({ artifactId, manifestDigest }: ScanSubject, { malicious, contents, maliciousContents }: Evaluated): Promise<void> {
    const digests = new Set(contents.map(({ digest }) => digest).filter((digest) => !maliciousContents.has(digest)))
    if (malicious) digests.delete(manifestDigest)
    else digests.add(manifestDigest)
    for (const digest of digests) await this.#deps.publications.liftQuarantine({ artifactId, manifestDigest: digest }, policyName)
  }

  #tooGrave(found: readonly string[]): string | undefined {
    const { blockSeverity } = this.#settings
    if (blockSeverity === 'none') return undefined
    const from = severities.indexOf(blockSeverity)
    return severities.findLast((severity, at) => at >= from && found.includes(severity))
  }
}
