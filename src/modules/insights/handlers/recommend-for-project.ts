import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ProjectNeeds } from '../health/project-needs.ts'
import { Recommendations, RecommendationView } from '../recommendations/recommendations.service.ts'
import { recommendationLimit } from '../route-schemas.ts'

export const recommendForProject = defineHandler({
  method: 'POST',
  url: '/v1/insights/recommendations',
  auth: 'anonymous',
  summary: 'What projects with these dependencies have beside them',
  tags: ['insights'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: {
    querystring: Type.Object({ limit: recommendationLimit }),
    body: ProjectNeeds,
    response: { 200: Type.Object({ items: Type.Array(RecommendationView) }) },
  },
  deps: { recommendations: Recommendations },
  handle: async ({ principal, body, query }, { recommendations }) => ({
    items: await recommendations.forProject(principal, body, query.limit),
  }),
})
