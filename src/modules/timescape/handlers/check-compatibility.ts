import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { EdgeQuery } from '../route-schemas.ts'
import { CompatibilityView, GraphReading } from '../views.ts'

export const checkCompatibility = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/compatibility',
  auth: 'anonymous',
  summary: 'Whether users of one version can take another, and how',
  tags: ['timescape'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: { params: ArtifactParams, querystring: EdgeQuery, response: { 200: CompatibilityView } },
  deps: { reading: GraphReading },
  handle: (request, { reading }) => reading.compatibility(request.principal, refOf(request), request.query),
})
