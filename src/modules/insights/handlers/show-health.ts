import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, format, refOf } from '../../metadata/artifact-request.contract.ts'
import { Health } from '../health/health.service.ts'
import { HealthView } from '../health/health-views.ts'

export const showHealth = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/health',
  auth: 'anonymous',
  summary: 'How an artifact stands: scores, badges, flags with alternatives, and how its dependencies stand',
  tags: ['insights'],
  rateLimit: { max: 300, windowMs: 60_000 },
  schema: {
    params: ArtifactParams,
    querystring: Type.Object({
      format,
      explain: Type.Boolean({ default: false, description: 'Also the numbers that the scores are made of.' }),
    }),
    response: { 200: HealthView },
  },
  deps: { health: Health },
  handle: (request, { health }) => health.of(request.principal, refOf(request), { explain: request.query.explain }),
})
