import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Approval, Scans } from '../scans.contract.ts'
import { FormatQuery, ScanParams, scanRefOf } from './scan-route.ts'

export const approveScan = defineHandler({
  method: 'POST',
  url: '/v1/artifacts/:namespace/:name/:version/scan/approval',
  auth: 'admin',
  summary: 'Let what a scan holds have its names all the same, unless it is malicious (administrators of the registry)',
  tags: ['scanning'],
  schema: {
    params: ScanParams,
    querystring: FormatQuery,
    body: Type.Object({ reason: Type.String({ minLength: 1, maxLength: 1_000, pattern: '^[^\\0]*\\S[^\\0]*$' }) }),
    response: { 200: Approval },
  },
  deps: { scans: Scans },
  handle: (request, { scans }) => scans.approve(request.principal, scanRefOf(request), request.body.reason),
})
