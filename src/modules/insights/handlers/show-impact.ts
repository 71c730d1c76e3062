import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { DependencyGraphs } from '../dependencies/dependency-graph.service.ts'
import { ImpactView } from '../dependencies/graph-views.ts'
import { boundsOf, ImpactQuery } from '../route-schemas.ts'

export const showImpact = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/impact',
  auth: 'anonymous',
  summary: 'What would break if all versions of an artifact were yanked',
  tags: ['insights'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: { params: ArtifactParams, querystring: ImpactQuery, response: { 200: ImpactView } },
  deps: { graphs: DependencyGraphs },
  handle: (request, { graphs }) => graphs.impact(request.principal, refOf(request), boundsOf(request.query)),
})
