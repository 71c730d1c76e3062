import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { DependencyGraphs } from '../dependencies/dependency-graph.service.ts'
import { DependencyGraph } from '../dependencies/graph-views.ts'
import { boundsOf, GraphQuery } from '../route-schemas.ts'

export const showDependencies = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/dependencies',
  auth: 'anonymous',
  summary: 'What a version needs, directly and by way of others, with health and security score of each',
  tags: ['insights'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: { params: ArtifactParams, querystring: GraphQuery, response: { 200: DependencyGraph } },
  deps: { graphs: DependencyGraphs },
  handle: (request, { graphs }) => {
    const { version } = request.query
    return graphs.dependencies(request.principal, refOf(request), { ...boundsOf(request.query), ...(version !== undefined && { version }) })
  },
})
