import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { PagingQuery } from '../route-schemas.ts'
import { GraphReading, GraphView } from '../views.ts'

export const showGraph = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/graph',
  auth: 'anonymous',
  summary: 'Versions of an artifact and what leads from one to the next, last recorded first',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: PagingQuery, response: { 200: GraphView } },
  deps: { reading: GraphReading },
  handle: (request, { reading }) => reading.graph(request.principal, refOf(request), request.query),
})
