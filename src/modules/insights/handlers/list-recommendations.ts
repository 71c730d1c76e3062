import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { oneOf } from '../../../shared/types/one-of.ts'
import { ArtifactParams, format, refOf } from '../../metadata/artifact-request.contract.ts'
import { Recommendations, RecommendationView } from '../recommendations/recommendations.service.ts'
import { recommendationLimit } from '../route-schemas.ts'

export const listRecommendations = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/recommendations',
  auth: 'anonymous',
  summary: 'What goes with an artifact, each with the reason',
  tags: ['insights'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: {
    params: ArtifactParams,
    querystring: Type.Object({
      format,
      for: oneOf(['related', 'install'], {
        default: 'related',
        description: '`install`: what is of use beside it, without what it brings itself.',
      }),
      limit: recommendationLimit,
    }),
    response: { 200: Type.Object({ items: Type.Array(RecommendationView) }) },
  },
  deps: { recommendations: Recommendations },
  handle: async (request, { recommendations }) => {
    const { for: purpose, limit } = request.query
    return { items: await recommendations.of(request.principal, refOf(request), { purpose, limit }) }
  },
})
