import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ScanSummary, Scans } from '../scans.contract.ts'
import { FormatQuery, ScanParams, scanRefOf } from './scan-route.ts'

export const requestScan = defineHandler({
  method: 'POST',
  url: '/v1/artifacts/:namespace/:name/:version/scan',
  auth: 'publish',
  summary: 'Scan again, against what is known today (publishers); the scan that waits or runs, if there is one',
  tags: ['scanning'],
  rateLimit: { max: 300, windowMs: 60_000 },
  schema: { params: ScanParams, querystring: FormatQuery, response: { 202: ScanSummary } },
  deps: { scans: Scans },
  async handle(request, { scans }, reply) {
    return reply.code(202).send(await scans.request(request.principal, scanRefOf(request)))
  },
})
