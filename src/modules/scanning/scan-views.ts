import type { StoredFinding } from './contents.queries.ts'
import type { ScanSummary, VulnerabilityView } from './scans.contract.ts'
import type { ScanRow } from './scans.queries.ts'
import type { StoredVulnerability } from './vulnerabilities.queries.ts'

/** Why a scan failed names paths and other systems: readers are given no more than the kind of it. */
export const viewScan = (row: ScanRow, isPublisher: boolean): ScanSummary => {
  const view = viewOf(row)
  return isPublisher || row.problem === null ? view : { ...view, problem: row.problemCode ?? 'internal' }
}

const viewOf = ({
  id,
  riskLevel,
  scanners,
  databaseVersion: _version,
  analysedBy: _analysis,
  gaps: _gaps,
  problemCode: _code,
  counts,
  ...scan
}: ScanRow): ScanSummary => ({
  ...{ scanId: id, ...scan, scanners: [...scanners], counts: { ...counts } },
  riskLevel: riskLevel as ScanSummary['riskLevel'],
})

export function viewVulnerability(found: StoredVulnerability): VulnerabilityView {
  const { vulnerability: id, ids, severity, score, title, description, fixedVersion, urls, scanners, author, detectedAt } = found
  const cveId = ids.find((each) => each.startsWith('CVE-'))
  return {
    ...{ id, ...(cveId !== undefined && { cveId }), aliases: ids.filter((each) => each !== id) },
    ...{ severity, cvssScore: Math.round(score * 10) / 10, title, description },
    ...{ affectedPackage: found.package, affectedVersion: found.version, purl: found.purl },
    ...(fixedVersion !== null && { fixedVersion }),
    ...{
      references: [...urls],
      scanners: [...scanners],
      status: found.status,
      justification: found.justification,
      statedBy: author,
      detectedAt,
    },
  }
}

export const viewFinding = ({ contentDigest: _digest, confidence, ...finding }: StoredFinding) => ({
  ...finding,
  // A `real` of the database has more digits than were ever written.
  confidence: Math.round(confidence * 100) / 100,
})
