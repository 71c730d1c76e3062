import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Grant } from '../../auth/contract.ts'
import { ArtifactParams, refOf } from '../artifact-request.contract.ts'
import { FormatQuery } from '../route-schemas.ts'
import { Artifacts } from '../views.ts'

export const listGrants = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/grants',
  auth: 'admin',
  summary: 'Rights on this artifact alone',
  tags: ['artifacts'],
  schema: { params: ArtifactParams, querystring: FormatQuery, response: { 200: Type.Object({ items: Type.Array(Grant) }) } },
  deps: { artifacts: Artifacts },
  handle: async (request, { artifacts }) => ({ items: await artifacts.grants(request.principal, refOf(request)) }),
})
