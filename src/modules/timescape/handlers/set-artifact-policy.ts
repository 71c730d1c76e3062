import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { Policies, PolicyName, PolicyView } from '../views.ts'

const Change = Type.Object({ policy: Type.Union([PolicyName, Type.Null()]) }, { additionalProperties: false })

export const setArtifactPolicy = defineHandler({
  method: 'PUT',
  url: '/v1/artifacts/:namespace/:name/-/timescape-policy',
  auth: 'admin',
  summary: 'Say what happens to versions of an artifact that break more than they declare',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: FormatQuery, body: Change, response: { 200: PolicyView } },
  deps: { policies: Policies },
  handle: (request, { policies }) => policies.setOfArtifact(request.principal, refOf(request), request.body.policy),
})
