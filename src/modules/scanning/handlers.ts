import { approveScan } from './handlers/approve-scan.ts'
import { fetchSbom } from './handlers/fetch-sbom.ts'
import { findScan } from './handlers/find-scan.ts'
import { findScore } from './handlers/find-score.ts'
import { listAffected } from './handlers/list-affected.ts'
import { listScans } from './handlers/list-scans.ts'
import { listStatements } from './handlers/list-statements.ts'
import { listVulnerabilities } from './handlers/list-vulnerabilities.ts'
import { requestScan } from './handlers/request-scan.ts'
import { uploadVex } from './handlers/upload-vex.ts'

export const handlers = [
  ...[findScan, findScore, listVulnerabilities, listScans, fetchSbom, requestScan, approveScan],
  ...[uploadVex, listStatements, listAffected],
]
