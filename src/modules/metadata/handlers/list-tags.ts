import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { ArtifactParams, refOf } from '../artifact-request.contract.ts'
import { Tag, Tags } from '../contract.ts'
import { ArtifactPagingQuery, pageQueryOf } from '../route-schemas.ts'

export const listTags = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/tags',
  auth: 'anonymous',
  summary: 'Tags of an artifact, by name',
  tags: ['tags'],
  schema: { params: ArtifactParams, querystring: ArtifactPagingQuery, response: { 200: pageSchema(Tag) } },
  deps: { artifactTags: Tags },
  handle: (request, { artifactTags }) => artifactTags.list(request.principal, refOf(request), pageQueryOf(request.query)),
})
