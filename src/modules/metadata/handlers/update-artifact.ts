import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { Artifacts, ArtifactView, ArtifactVisibility } from '../views.ts'

const Change = Type.Object(
  {
    description: Type.Optional(Type.Union([Type.String({ maxLength: 10_000 }), Type.Null()])),
    visibility: Type.Optional(ArtifactVisibility),
  },
  { additionalProperties: false, minProperties: 1 },
)

export const updateArtifact = defineHandler({
  method: 'PATCH',
  url: '/v1/artifacts/:namespace/:name',
  auth: 'admin',
  summary: 'Change description and visibility of an artifact',
  tags: ['artifacts'],
  schema: { params: ArtifactParams, querystring: FormatQuery, body: Change, response: { 200: ArtifactView } },
  deps: { artifacts: Artifacts },
  handle: (request, { artifacts }) => artifacts.update(request.principal, refOf(request), request.body),
})
