import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Grant } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { FormatQuery, GrantParams } from '../route-schemas.ts'
import { Artifacts } from '../views.ts'

export const findGrant = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/grants/:kind/:subject',
  auth: 'admin',
  summary: 'The right of one user or team on this artifact',
  tags: ['artifacts'],
  schema: { params: GrantParams, querystring: FormatQuery, response: { 200: Grant } },
  deps: { artifacts: Artifacts },
  handle: (request, { artifacts }) => {
    const { kind, subject } = request.params
    return artifacts.findGrant(request.principal, refOf(request), { kind, name: subject })
  },
})
