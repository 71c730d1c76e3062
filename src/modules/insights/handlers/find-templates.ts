import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Recommendations, RecommendationView } from '../recommendations/recommendations.service.ts'
import { recommendationLimit } from '../route-schemas.ts'

export const findTemplates = defineHandler({
  method: 'POST',
  url: '/v1/insights/templates',
  auth: 'anonymous',
  summary: 'Templates by technology stack, those with the most of it first',
  tags: ['insights'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: {
    querystring: Type.Object({ limit: recommendationLimit }),
    body: Type.Object(
      {
        technologies: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
          minItems: 1,
          maxItems: 100,
          description: 'Languages, frameworks, keywords, names of modules.',
        }),
      },
      { additionalProperties: false },
    ),
    response: { 200: Type.Object({ items: Type.Array(RecommendationView) }) },
  },
  deps: { recommendations: Recommendations },
  handle: async ({ principal, body, query }, { recommendations }) => ({
    items: await recommendations.templates(principal, body.technologies, query.limit),
  }),
})
