import { type Static, Type } from '@sinclair/typebox'
import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { Page } from '../../shared/types/page.ts'
import type { ArtifactRef, PageQuery } from '../metadata/contract.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Severity = oneOf(['info', 'low', 'moderate', 'high', 'critical'])

export const VulnerabilityView = Type.Object({
  id: Type.String({ description: 'A CVE where there is one, else the name of the advisory.' }),
  cveId: Type.Optional(Type.String()),
  aliases: Type.Array(Type.String()),
  severity: Severity,
  cvssScore: Type.Number({ description: '0 when no source has one.' }),
  title: Type.String(),
  description: Type.String(),
  affectedPackage: Type.Optional(Type.String()),
  affectedVersion: Type.String(),
  purl: Type.String(),
  fixedVersion: Type.Optional(Type.String()),
  references: Type.Array(Type.String()),
  scanners: Type.Array(Type.String()),
  status: oneOf(['affected', 'not_affected', 'fixed', 'under_investigation']),
  justification: Text,
  statedBy: Type.Union([Type.String(), Type.Null()], { description: 'Author of the VEX statement that the status is from.' }),
  detectedAt: Type.String(),
})
export type VulnerabilityView = Static<typeof VulnerabilityView>

export const FindingView = Type.Object({
  rule: Type.String(),
  category: Type.String(),
  severity: Severity,
  confidence: Type.Number(),
  path: Type.String(),
  line: Type.Union([Type.Integer(), Type.Null()]),
  message: Type.String(),
})

export const ScanSummary = Type.Object({
  scanId: Type.String(),
  status: oneOf(['pending', 'scanning', 'completed', 'failed']),
  cause: Type.String({ description: 'published, requested, interval, advisories, vex or sbom.' }),
  securityScore: Type.Union([Type.Integer(), Type.Null()], { description: '0 to 100.' }),
  riskLevel: Type.Union([oneOf(['low', 'medium', 'high', 'critical']), Type.Null()]),
  malicious: Type.Boolean(),
  counts: Type.Record(Type.String(), Type.Integer(), { description: 'Open vulnerabilities by severity.' }),
  scanners: Type.Array(Type.Object({ name: Type.String(), version: Type.String(), databaseVersion: Type.String() })),
  problem: Type.Union([Type.String(), Type.Null()], {
    description: 'Why it failed: in words for those who may publish, a code for everybody else.',
  }),
  startedAt: Type.String(),
  completedAt: Text,
})
export type ScanSummary = Static<typeof ScanSummary>

export const ScanReport = Type.Object({
  ...ScanSummary.properties,
  manifestDigest: Type.String(),
  verdict: Type.Union([oneOf(['clean', 'suspicious', 'malicious']), Type.Null()], {
    description: 'What static rules and advisories of malicious packages come to; null before the content was looked at.',
  }),
  components: Type.Integer({ description: 'Distinct packages.' }),
  vulnerabilities: Type.Array(VulnerabilityView, { description: 'The gravest 200; the list of its own has all.' }),
  findings: Type.Array(FindingView, { description: 'What static rules saw; the surest 200.' }),
  gaps: Type.Array(Type.String(), { description: 'What was not looked at, and what the report leaves out.' }),
})
export type ScanReport = Static<typeof ScanReport>

export const Approval = Type.Object({
  manifestDigest: Type.String(),
  heldBy: Type.Array(Type.String(), { description: 'Policies that hold it all the same; with none it has its names.' }),
})
export type Approval = Static<typeof Approval>

export const StatementView = Type.Object({
  id: Type.String(),
  vulnerability: Type.String(),
  purl: Text,
  status: Type.String(),
  justification: Text,
  author: Type.String(),
  statedAt: Type.String(),
  documentDigest: Type.String(),
  uploadedBy: Type.Union([Type.String(), Type.Null()], { description: 'Username; null for what came as a referrer.' }),
  uploadedAt: Type.String(),
})
export type StatementView = Static<typeof StatementView>

export const AffectedView = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  format: Type.String(),
  manifestDigest: Type.String(),
  versions: Type.Array(Type.String()),
  tags: Type.Array(Type.String()),
  package: Type.String(),
  version: Type.String(),
  fixedVersion: Text,
  status: Type.String(),
})
export type AffectedView = Static<typeof AffectedView>

/** `reference`: a version, a tag or the digest of a manifest. */
export interface ScanRef extends ArtifactRef {
  readonly reference: string
}

/** Results of scans, for whoever may see the artifact; and what its publishers may do about them. */
export interface Scans {
  report(principal: Principal, ref: ScanRef): Promise<ScanReport>
  /** The last scan alone. */
  score(principal: Principal, ref: ScanRef): Promise<ScanSummary>
  vulnerabilities(principal: Principal, ref: ScanRef, query: PageQuery): Promise<Page<VulnerabilityView>>
  history(principal: Principal, ref: ScanRef, query: PageQuery): Promise<Page<ScanSummary>>
  sbom(principal: Principal, ref: ScanRef, format: 'cyclonedx' | 'spdx'): Promise<object>
  /** For publishers. The scan that waits or runs already, or a new one. Throws `scanning.scan_too_soon`. */
  request(principal: Principal, ref: ScanRef): Promise<ScanSummary>
  /**
   * For administrators of the namespace: what the scan of one held manifest objects to holds it no more, now and under other names. Throws
   * `scanning.approval_refused`, also for malicious content, and `metadata.quarantined`.
   */
  approve(principal: Principal, ref: ScanRef, reason: string): Promise<Approval>
  /** For publishers: OpenVEX or CycloneDX. The verdict is made anew at once. Throws `scanning.vex_invalid`. */
  addVex(
    principal: Principal,
    ref: ScanRef,
    document: unknown,
  ): Promise<{ readonly statements: number; readonly securityScore: number | null }>
  statements(principal: Principal, ref: ScanRef, query: PageQuery): Promise<Page<StatementView>>
  /** Of those the caller may see: manifests with a version or a tag that have the vulnerability, by any of its names. */
  affected(principal: Principal, advisoryId: string, query: PageQuery): Promise<Page<AffectedView>>
}
export const Scans = service<Scans>('scanning.scans')
