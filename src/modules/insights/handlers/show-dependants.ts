import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { DependencyGraphs } from '../dependencies/dependency-graph.service.ts'
import { DependantTree } from '../dependencies/graph-views.ts'
import { boundsOf, GraphQuery } from '../route-schemas.ts'

export const showDependants = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/dependants/transitive',
  auth: 'anonymous',
  summary: 'Who depends on an artifact, or on a version of it, directly and by way of others',
  tags: ['insights'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: { params: ArtifactParams, querystring: GraphQuery, response: { 200: DependantTree } },
  deps: { graphs: DependencyGraphs },
  handle: (request, { graphs }) => {
    const { version } = request.query
    return graphs.dependants(request.principal, refOf(request), { ...boundsOf(request.query), ...(version !== undefined && { version }) })
  },
})
