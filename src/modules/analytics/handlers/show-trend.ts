import { keptFor } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { ArtifactNumbers } from '../numbers/artifact-numbers.service.ts'
import { TrendView } from '../numbers/views.ts'
import { seriesLimit, TrendQuery } from '../route-schemas.ts'

export const showTrend = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/downloads/trend',
  auth: 'anonymous',
  summary: 'Downloads of the last day, week or 30 days against those of the time before',
  tags: ['analytics'],
  rateLimit: seriesLimit,
  schema: { params: ArtifactParams, querystring: TrendQuery, response: { 200: TrendView } },
  deps: { numbers: ArtifactNumbers },
  handle(request, { numbers }, reply) {
    reply.header('vary', 'authorization').header('cache-control', keptFor(request.principal))
    return numbers.trend(request.principal, { ref: refOf(request), period: request.query.period })
  },
})
