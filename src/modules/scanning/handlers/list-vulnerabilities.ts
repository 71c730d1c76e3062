import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { Scans, VulnerabilityView } from '../scans.contract.ts'
import { PagedScanQuery, pageQueryOf, ScanParams, scanRefOf } from './scan-route.ts'

export const listVulnerabilities = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/scan/vulnerabilities',
  auth: 'anonymous',
  summary: 'All vulnerabilities of the last scan, the gravest first',
  tags: ['scanning'],
  schema: {
    params: ScanParams,
    querystring: PagedScanQuery,
    response: { 200: pageSchema(VulnerabilityView) },
  },
  deps: { scans: Scans },
  handle: (request, { scans }) => scans.vulnerabilities(request.principal, scanRefOf(request), pageQueryOf(request.query)),
})
