import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ScanSummary, Scans } from '../scans.contract.ts'
import { FormatQuery, ScanParams, scanRefOf } from './scan-route.ts'

const Score = Type.Pick(ScanSummary, ['scanId', 'status', 'securityScore', 'riskLevel', 'malicious', 'counts', 'completedAt'])

export const findScore = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/scan/score',
  auth: 'anonymous',
  summary: 'Security score and risk level alone',
  tags: ['scanning'],
  schema: { params: ScanParams, querystring: FormatQuery, response: { 200: Score } },
  deps: { scans: Scans },
  handle: (request, { scans }) => scans.score(request.principal, scanRefOf(request)),
})
