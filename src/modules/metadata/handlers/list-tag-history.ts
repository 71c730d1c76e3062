import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { Accounts } from '../../auth/contract.ts'
import { refOf } from '../artifact-request.contract.ts'
import { TagChange, Tags } from '../contract.ts'
import { ArtifactPagingQuery, pageQueryOf, TagParams } from '../route-schemas.ts'
import { viewTagChanges } from '../version-view.ts'

export const listTagHistory = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/tags/:tag/history',
  auth: 'anonymous',
  summary: 'Every move of a tag, newest first',
  tags: ['tags'],
  schema: { params: TagParams, querystring: ArtifactPagingQuery, response: { 200: pageSchema(TagChange) } },
  deps: { artifactTags: Tags, accounts: Accounts },
  handle: async (request, { artifactTags, accounts }) => {
    const query = { ...pageQueryOf(request.query), tag: request.params.tag }
    const { items, ...rest } = await artifactTags.history(request.principal, refOf(request), query)
    return { items: await viewTagChanges(accounts, items), ...rest }
  },
})
