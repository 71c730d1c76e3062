import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Tag, Tags } from '../contract.ts'
import { FormatQuery, TagParams } from '../route-schemas.ts'

export const findTag = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/tags/:tag',
  auth: 'anonymous',
  summary: 'What a tag points at',
  tags: ['tags'],
  schema: { params: TagParams, querystring: FormatQuery, response: { 200: Tag } },
  deps: { artifactTags: Tags },
  handle: async (request, { artifactTags }, reply) => {
    const tag = await artifactTags.find(request.principal, refOf(request), request.params.tag)
    reply.header('etag', tag.etag)
    return tag
  },
})
