import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { Scans, StatementView } from '../scans.contract.ts'
import { PagedScanQuery, pageQueryOf, ScanParams, scanRefOf } from './scan-route.ts'

export const listStatements = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/vex',
  auth: 'anonymous',
  summary: 'VEX statements about a manifest, in the order in which they came',
  tags: ['scanning'],
  schema: {
    params: ScanParams,
    querystring: PagedScanQuery,
    response: { 200: pageSchema(StatementView) },
  },
  deps: { scans: Scans },
  handle: (request, { scans }) => scans.statements(request.principal, scanRefOf(request), pageQueryOf(request.query)),
})
