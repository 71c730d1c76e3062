import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../artifact-request.contract.ts'
import { FormatQuery, GrantParams, NoContent } from '../route-schemas.ts'
import { Artifacts } from '../views.ts'

export const removeGrant = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/-/grants/:kind/:subject',
  auth: 'admin',
  summary: 'Take the right of a user or team on this artifact back',
  tags: ['artifacts'],
  schema: { params: GrantParams, querystring: FormatQuery, response: { 204: NoContent } },
  deps: { artifacts: Artifacts },
  handle: async (request, { artifacts }, reply) => {
    const { kind, subject } = request.params
    await artifacts.removeGrant(request.principal, refOf(request), { kind, name: subject })
    return reply.code(204).send()
  },
})
