import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ScanReport, Scans } from '../scans.contract.ts'
import { FormatQuery, ScanParams, scanRefOf } from './scan-route.ts'

export const findScan = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/scan',
  auth: 'anonymous',
  summary: 'What the last scan of a version, tag or manifest found',
  tags: ['scanning'],
  schema: { params: ScanParams, querystring: FormatQuery, response: { 200: ScanReport } },
  deps: { scans: Scans },
  handle: (request, { scans }) => scans.report(request.principal, scanRefOf(request)),
})
