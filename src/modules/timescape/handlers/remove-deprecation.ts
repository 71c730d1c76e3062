import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../../metadata/artifact-request.contract.ts'
import { FormatQuery, NoContent, VersionParams } from '../route-schemas.ts'
import { VersionNotes } from '../views.ts'

export const removeDeprecation = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/-/deprecations/:version',
  auth: 'publish',
  summary: 'Take a deprecation back',
  tags: ['timescape'],
  schema: { params: VersionParams, querystring: FormatQuery, response: { 204: NoContent } },
  deps: { notes: VersionNotes },
  handle: async (request, { notes }, reply) => {
    await notes.undeprecate(request.principal, refOf(request), request.params.version)
    return reply.code(204).send()
  },
})
