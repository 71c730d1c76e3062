import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { Dependants, DependantView } from '../dependants/dependants.service.ts'
import { PagingQuery } from '../route-schemas.ts'

export const listDependants = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/dependants',
  auth: 'anonymous',
  summary: 'Artifacts whose highest version depends on this one',
  tags: ['timescape'],
  schema: { params: ArtifactParams, querystring: PagingQuery, response: { 200: pageSchema(DependantView) } },
  deps: { dependants: Dependants },
  handle: (request, { dependants }) => dependants.list(request.principal, refOf(request), request.query),
})
