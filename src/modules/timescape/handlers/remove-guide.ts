import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { EdgeParams, FormatQuery, NoContent } from '../route-schemas.ts'
import { VersionNotes } from '../views.ts'

export const removeGuide = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/-/guides/:from/:to',
  auth: 'publish',
  summary: 'Remove a migration guide',
  tags: ['timescape'],
  schema: { params: EdgeParams, querystring: FormatQuery, response: { 204: NoContent } },
  deps: { notes: VersionNotes },
  handle: async (request, { notes }, reply) => {
    await notes.removeGuide(request.principal, refOf(request), request.params)
    return reply.code(204).send()
  },
})
