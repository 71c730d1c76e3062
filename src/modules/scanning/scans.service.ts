import type { Database, Transaction } from '../../shared/kernel/database.ts'
import type { Events } from '../../shared/kernel/events.ts'
import type { Principal } from '../../shared/kernel/principal.ts'
import { isRegistryAdmin } from '../../shared/kernel/registry-admin.ts'
import type { Page } from '../../shared/types/page.ts'
import type { Accounts, Action, Audit, Authorizer } from '../auth/contract.ts'
import { NotAllowed } from '../auth/errors.ts'
import type { Catalog, Located, PageQuery } from '../metadata/contract.ts'
import type { Publications } from '../metadata/publications.contract.ts'
import type { Records } from '../metadata/records.contract.ts'
import { addApproval } from './approvals.queries.ts'
import { type ContentVerdict, componentsOf, contentsOf, countComponents, findingsOf, gapsOf } from './contents.queries.ts'
import { AdvisoryNotFound, ApprovalRefused, ManifestNotFound, ScanNotFound, ScanTooSoon, VexInvalid } from './errors.ts'
import { ScanRequested } from './events.contract.ts'
import { affectedBy, manifestNamed, namesOfAdvisory } from './lookup.queries.ts'
import { readCursor, viewedPage } from './page.ts'
import { policyName } from './publication-gate.ts'
import { cycloneDx } from './sbom/cyclone-dx.ts'
import { spdx } from './sbom/spdx.ts'
import type { ScanService } from './scan.service.ts'
import type { ScanSubject } from './scan-subject.ts'
import { clientName } from './scan-targets.ts'
import { viewFinding, viewScan, viewVulnerability } from './scan-views.ts'
import type { AffectedView, Approval, ScanRef, ScanReport, ScanSummary, Scans, StatementView, VulnerabilityView } from './scans.contract.ts'
import { addScan, holdSubject, isSubject, latestScan, lockSubject, type ScanRow, scansBefore } from './scans.queries.ts'
import { vexSubject } from './vex/artifact-subject.ts'
import { readVex } from './vex/read-vex.ts'
import { maxStatements } from './vex/statement.ts'
import { addStatements, countStatements, statementsOf } from './vex.queries.ts'
import { vulnerabilitiesOf } from './vulnerabilities.queries.ts'

export interface ScansDeps {
  readonly database: Database
  readonly transaction: Transaction
  readonly events: Events
  readonly catalog: Catalog
  readonly publications: Publications
  readonly records: Records
  readonly authorizer: Authorizer
  readonly accounts: Accounts
  readonly audit: Audit
}

/** What a report shows at once. */
const shownAtOnce = 200

const worstOf = (contents: readonly ContentVerdict[], isMalicious: boolean): ScanReport['verdict'] => {
  if (isMalicious) return 'malicious'
  return (
    ['suspicious', 'clean'].find((level): level is 'suspicious' | 'clean' => contents.some((content) => content.level === level)) ?? null
  )
}

type Found = ScanSubject & { readonly located: Located }

export class ScansService implements Scans {
  readonly #deps: ScansDeps
  readonly #scanning: ScanService
  readonly #rescanPauseSeconds: number

  constructor(deps: ScansDeps, scanning: ScanService, rescanPauseSeconds: number) {
    this.#deps = deps
    this.#scanning = scanning
    this.#rescanPauseSeconds = rescanPauseSeconds
  }

  async report(principal: Principal, ref: ScanRef): Promise<ScanReport> {
    const { database } = this.#deps
    const subject = await this.#find(principal, ref, 'read')
    const scan = await this.#latest(subject)
    const [vulnerabilities, findings, gaps, components, contents] = await Promise.all([
      vulnerabilitiesOf(database, subject, { limit: shownAtOnce }),
      findingsOf(database, subject),
      gapsOf(database, subject),
      countComponents(database, subject),
      contentsOf(database, subject),
    ])
    return {
      ...{
        ...(await this.#view(principal, subject, scan)),
        manifestDigest: subject.manifestDigest,
        verdict: worstOf(contents, scan.malicious),
        components,
        gaps: [...scan.gaps, ...gaps],
      },
      vulnerabilities: vulnerabilities.map(viewVulnerability),
      findings: findings.slice(0, shownAtOnce).map(viewFinding),
    }
  }

  async score(principal: Principal, ref: ScanRef): Promise<ScanSummary> {
    const subject = await this.#find(principal, ref, 'read')
    return this.#view(principal, subject, await this.#latest(subject))
  }

  async vulnerabilities(principal: Principal, ref: ScanRef, { cursor, limit }: PageQuery): Promise<Page<VulnerabilityView>> {
    const subject = await this.#find(principal, ref, 'read')
    await this.#latest(subject)
    const [score, vulnerability, purl] = readCursor(cursor, ['score', 'text', 'text']) ?? []
    const after =
      vulnerability === undefined ? {} : { after: { score: Number(score), vulnerability: String(vulnerability), purl: String(purl) } }
    const rows = await vulnerabilitiesOf(this.#deps.database, subject, { ...after, limit: limit + 1 })
    return viewedPage(rows, limit, { keyOf: (row) => [row.score, row.vulnerability, row.purl], viewOf: viewVulnerability })
  }

  async history(principal: Principal, ref: ScanRef, { cursor, limit }: PageQuery): Promise<Page<ScanSummary>> {
    const subject = await this.#find(principal, ref, 'read')
    const [before] = readCursor(cursor, ['uuid']) ?? []
    const range = before === undefined ? {} : { before: String(before) }
    const rows = await scansBefore(this.#deps.database, subject, { ...range, limit: limit + 1 })
    const isPublisher = await this.#mayPublish(principal, subject)
    return viewedPage(rows, limit, { keyOf: ({ id }) => [id], viewOf: (row) => viewScan(row, isPublisher) })
  }

  async sbom(principal: Principal, ref: ScanRef, format: 'cyclonedx' | 'spdx'): Promise<object> {
    const subject = await this.#find(principal, ref, 'read')
    const scan = await latestScan(this.#deps.database, subject, 'completed')
    if (!scan) throw new ScanNotFound()
    const components = await componentsOf(this.#deps.database, subject)
    const about = { name: clientName(subject.located.artifact), version: ref.reference }
    return format === 'spdx' ? spdx(components, { ...about, createdAt: scan.startedAt }) : cycloneDx(components, about)
  }

  async request(principal: Principal, ref: ScanRef): Promise<ScanSummary> {
    const { database, transaction, events, audit } = this.#deps
    const subject = await this.#find(principal, ref, 'publish')
    return transaction.run(async () => {
      await holdSubject(database, subject)
      const last = await latestScan(database, subject)
      if (last?.status === 'pending' || last?.status === 'scanning') return viewScan(last, true)
      this.#refuseTooSoon(last)
      const scanId = await addScan(database, subject, { cause: 'requested', status: 'pending' })
      const { artifactId, manifestDigest, located } = subject
      await events.emit(ScanRequested, { artifactId, manifestDigest, scanId })
      await audit.record({
        action: 'scan.requested',
        subject: clientName(located.artifact),
        subjectId: artifactId,
        namespace: located.namespace.name,
      })
      return viewScan(await this.#latest(subject), true)
    })
  }

  async approve(principal: Principal, ref: ScanRef, reason: string): Promise<Approval> {
    const { database, transaction, publications, audit } = this.#deps
    const found = await this.#find(principal, ref, 'manage')
    // The gate is there because of those who publish; most of them manage their own namespace.
    if (!isRegistryAdmin(principal)) throw new NotAllowed()
    const { artifactId, manifestDigest, located } = found
    return transaction.run(async () => {
      await lockSubject(database, found)
      const scan = await this.#latest(found)
      if (scan.status === 'pending' || scan.status === 'scanning') throw new ApprovalRefused('its scan is not over')
      if ((await latestScan(database, found, 'completed'))?.malicious) throw new ApprovalRefused('its scan found malicious content')
      await publications.checkRead(located, manifestDigest)
      const objection = (await this.#holdsOf(found)).find(({ policy }) => policy === policyName)
      if (!objection) throw new ApprovalRefused('no scan holds it')
      await addApproval(database, found, { userId: principal.userId ?? null, reason })
      await audit.record({
        ...{ action: 'scan.approved', subject: clientName(located.artifact), subjectId: artifactId, namespace: located.namespace.name },
        after: { manifestDigest, reason, objection: objection.reason },
      })
      await publications.release(found, policyName)
      return { manifestDigest, heldBy: (await this.#holdsOf(found)).map(({ policy }) => policy) }
    })
  }

  async #holdsOf({ artifactId, manifestDigest }: ScanSubject) {
    const held = await this.#deps.publications.held(artifactId)
    return held.find((one) => one.manifestDigest === manifestDigest)?.holds ?? []
  }

  async addVex(principal: Principal, ref: ScanRef, document: unknown) {
    const { database, transaction, audit } = this.#deps
    const found = await this.#find(principal, ref, 'publish')
    const { artifact, namespace } = found.located
    const subject = await vexSubject(this.#deps.records, found, { located: found.located, askedFor: ref.reference })
    const read = readVex(document, subject)
    // On its own: who makes the subject known holds on to the artifact, and so would the next one, when a verdict wants to change it.
    await transaction.run(() => holdSubject(database, found))
    return transaction.run(async () => {
      await holdSubject(database, found)
      const statements = await addStatements(database, found, { document: read, userId: principal.userId ?? null })
      if ((await countStatements(database, found)) > maxStatements) throw new VexInvalid(`a manifest may have ${maxStatements} statements`)
      await audit.record({
        ...{ action: 'vex.uploaded', subject: clientName(artifact), subjectId: artifact.id, namespace: namespace.name },
        after: { manifestDigest: found.manifestDigest, document: read.digest, statements },
      })
      const evaluated = await this.#scanning.evaluate(found, { located: found.located, cause: 'vex' })
      return { statements, securityScore: evaluated?.securityScore ?? null }
    })
  }

  async statements(principal: Principal, ref: ScanRef, { cursor, limit }: PageQuery): Promise<Page<StatementView>> {
    const subject = await this.#find(principal, ref, 'read')
    const [after] = readCursor(cursor, ['uuid']) ?? []
    const range = after === undefined ? {} : { after: String(after) }
    const rows = await statementsOf(this.#deps.database, subject, { ...range, limit: limit + 1 })
    const users = await this.#deps.accounts.byIds([...new Set(rows.flatMap(({ uploadedBy }) => uploadedBy ?? []))])
    const viewOf = (row: (typeof rows)[number]): StatementView => ({
      ...{ id: row.id, vulnerability: row.vulnerability, purl: row.purl, status: row.status, justification: row.justification },
      ...{ author: row.author, statedAt: row.statedAt, documentDigest: row.documentDigest, uploadedAt: row.uploadedAt },
      uploadedBy: users.get(row.uploadedBy ?? '')?.name ?? null,
    })
    return viewedPage(rows, limit, { keyOf: ({ id }) => [id], viewOf })
  }

  async affected(principal: Principal, advisoryId: string, { cursor, limit }: PageQuery): Promise<Page<AffectedView>> {
    const { database, authorizer } = this.#deps
    const after = readCursor(cursor, ['uuid', 'text', 'text', 'text'])
    const { names, isPublic } = await namesOfAdvisory(database, advisoryId)
    const sight = await authorizer.sight(principal)
    const rows = names.length === 0 ? [] : await affectedBy(database, { names, sight, after, limit: limit + 1 })
    // A name that only what is hidden from the caller has is as unknown as any other.
    if (rows.length === 0 && !isPublic) throw new AdvisoryNotFound()
    return viewedPage(rows, limit, {
      keyOf: (row) => [row.artifactId, row.manifestDigest, row.vulnerability, row.purl],
      viewOf: ({ artifactId: _id, purl: _purl, vulnerability: _name, versions, tags, ...row }) => ({
        ...row,
        versions: [...versions],
        tags: [...tags],
      }),
    })
  }

  /** What waits for its names is known to publishers only; others are told that it does not exist. */
  async #find(principal: Principal, ref: ScanRef, action: Action): Promise<Found> {
    const { database, catalog, records, authorizer } = this.#deps
    const { reference, ...artifact } = ref
    const located = await catalog.locate(principal, artifact, action)
    const artifactId = located.artifact.id
    const named = await manifestNamed(database, artifactId, reference)
    const manifestDigest = named?.manifestDigest ?? reference
    if (!named && !(await isSubject(database, { artifactId, manifestDigest }))) throw new ManifestNotFound()
    const { versions, tags } = named
      ? { versions: named.pending ? [] : [reference], tags: [] }
      : await records.namesOf(artifactId, manifestDigest)
    if (versions.length + tags.length === 0 && !(await authorizer.allows(principal, 'publish', located.resource)))
      throw new ManifestNotFound()
    return { artifactId, manifestDigest, located }
  }

  #mayPublish(principal: Principal, { located }: Found): Promise<boolean> {
    return this.#deps.authorizer.allows(principal, 'publish', located.resource)
  }

  async #view(principal: Principal, subject: Found, scan: ScanRow): Promise<ScanSummary> {
    return viewScan(scan, scan.problem === null || (await this.#mayPublish(principal, subject)))
  }

  async #latest(subject: ScanSubject): Promise<ScanRow> {
    const scan = await latestScan(this.#deps.database, subject)
    if (!scan) throw new ScanNotFound()
    return scan
  }

  #refuseTooSoon(last: ScanRow | undefined): void {
    if (!last?.completedAt) return
    const leftMs = Date.parse(last.completedAt) + this.#rescanPauseSeconds * 1_000 - Date.now()
    if (leftMs > 0 && last.cause === 'requested') throw new ScanTooSoon(Math.ceil(leftMs / 1_000))
  }
}
