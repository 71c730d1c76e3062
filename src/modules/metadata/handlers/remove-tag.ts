import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Tags } from '../contract.ts'
import { FormatQuery, NoContent, PreconditionHeaders, preconditionOf, TagParams } from '../route-schemas.ts'

export const removeTag = defineHandler({
  method: 'DELETE',
  url: '/v1/artifacts/:namespace/:name/-/tags/:tag',
  auth: 'publish',
  summary: 'Remove a tag; what it points at stays',
  tags: ['tags'],
  schema: { params: TagParams, querystring: FormatQuery, headers: PreconditionHeaders, response: { 204: NoContent } },
  deps: { artifactTags: Tags },
  handle: async (request, { artifactTags }, reply) => {
    const change = { tag: request.params.tag, ...preconditionOf(request.headers) }
    await artifactTags.remove(request.principal, refOf(request), change)
    return reply.code(204).send()
  },
})
