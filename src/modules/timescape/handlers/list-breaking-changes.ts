import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { PagingQuery } from '../route-schemas.ts'
import { BreakingView, GraphReading } from '../views.ts'

export const listBreakingChanges = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/breaking-changes',
  auth: 'anonymous',
  summary: 'Steps between versions that break somebody, newest first',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: PagingQuery, response: { 200: pageSchema(BreakingView) } },
  deps: { reading: GraphReading },
  handle: (request, { reading }) => reading.breaking(request.principal, refOf(request), request.query),
})
