import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { refOf } from '../artifact-request.contract.ts'
import { Tag, Tags } from '../contract.ts'
import { FormatQuery, PreconditionHeaders, preconditionOf, TagParams } from '../route-schemas.ts'

export const moveTag = defineHandler({
  method: 'PUT',
  url: '/v1/artifacts/:namespace/:name/-/tags/:tag',
  auth: 'publish',
  summary: 'Point a tag at a version; with If-Match only when nobody else moved it',
  tags: ['tags'],
  schema: {
    params: TagParams,
    querystring: FormatQuery,
    headers: PreconditionHeaders,
    body: Type.Object({ version: Type.String({ minLength: 1, maxLength: 128 }) }, { additionalProperties: false }),
    response: { 200: Tag },
  },
  deps: { artifactTags: Tags },
  handle: async (request, { artifactTags }, reply) => {
    const change = { tag: request.params.tag, version: request.body.version, ...preconditionOf(request.headers) }
    const tag = await artifactTags.move(request.principal, refOf(request), change)
    reply.header('etag', tag.etag)
    return tag
  },
})
