import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { DependencyGraphs } from '../dependencies/dependency-graph.service.ts'
import { BlastRadius } from '../dependencies/graph-views.ts'
import { BlastQuery, boundsOf } from '../route-schemas.ts'

export const showBlastRadius = defineHandler({
  method: 'GET',
  url: '/v1/advisories/:id/blast-radius',
  auth: 'anonymous',
  summary: 'What has a vulnerability, and everything that depends on it, with the way to each',
  tags: ['insights'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: {
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 128, pattern: '^[!-~]+$' }) }),
    querystring: BlastQuery,
    response: { 200: BlastRadius },
  },
  deps: { graphs: DependencyGraphs },
  handle: ({ principal, params, query }, { graphs }) => graphs.blastRadius(principal, params.id, boundsOf(query)),
})
