import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { ScanSummary, Scans } from '../scans.contract.ts'
import { PagedScanQuery, pageQueryOf, ScanParams, scanRefOf } from './scan-route.ts'

export const listScans = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/scan/history',
  auth: 'anonymous',
  summary: 'The last 200 scans, newest first',
  tags: ['scanning'],
  schema: {
    params: ScanParams,
    querystring: PagedScanQuery,
    response: { 200: pageSchema(ScanSummary) },
  },
  deps: { scans: Scans },
  handle: (request, { scans }) => scans.history(request.principal, scanRefOf(request), pageQueryOf(request.query)),
})
