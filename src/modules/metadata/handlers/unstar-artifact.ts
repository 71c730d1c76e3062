import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../artifact-request.contract.ts'
import { Stars } from '../packages.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { StarView } from '../views.ts'

export const unstarArtifact = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/-/star',
  auth: 'publish',
  summary: 'Take a star back',
  tags: ['artifacts'],
  schema: { params: ArtifactParams, querystring: FormatQuery, response: { 200: StarView } },
  deps: { stars: Stars },
  handle: (request, { stars }) => stars.set(request.principal, refOf(request), false),
})
