import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { Artifacts, ArtifactView } from '../views.ts'

export const findArtifact = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name',
  auth: 'anonymous',
  summary: 'One artifact with its tags and counts',
  tags: ['artifacts'],
  schema: { params: ArtifactParams, querystring: FormatQuery, response: { 200: ArtifactView } },
  deps: { artifacts: Artifacts },
  handle: (request, { artifacts }) => artifacts.find(request.principal, refOf(request)),
})
