import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { Policies, PolicyView } from '../views.ts'

export const findArtifactPolicy = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/timescape-policy',
  auth: 'anonymous',
  summary: 'What happens to versions of an artifact that break more than they declare',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: FormatQuery, response: { 200: PolicyView } },
  deps: { policies: Policies },
  handle: (request, { policies }) => policies.ofArtifact(request.principal, refOf(request)),
})
