import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { DependencyGraphs } from '../dependencies/dependency-graph.service.ts'
import { ImpactView } from '../dependencies/graph-views.ts'
import { boundsOf, ImpactQuery, VersionParams } from '../route-schemas.ts'

export const showVersionImpact = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/:version/impact',
  auth: 'anonymous',
  summary: 'What would break if a version were yanked: who has no other version to take',
  tags: ['insights'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: { params: VersionParams, querystring: ImpactQuery, response: { 200: ImpactView } },
  deps: { graphs: DependencyGraphs },
  handle: (request, { graphs }) =>
    graphs.impact(request.principal, refOf(request), { ...boundsOf(request.query), version: request.params.version }),
})
