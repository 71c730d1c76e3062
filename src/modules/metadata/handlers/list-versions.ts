import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { Accounts } from '../../auth/contract.ts'
import { ArtifactParams, refOf } from '../artifact-request.contract.ts'
import { Versions } from '../contract.ts'
import { ArtifactPagingQuery, pageQueryOf } from '../route-schemas.ts'
import { VersionSummaryView, viewVersions } from '../version-view.ts'

const Order = Type.Object({
  order: Type.Union([Type.Literal('published'), Type.Literal('semver')], { default: 'published', description: 'Newest or highest first.' }),
})

export const listVersions = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/versions',
  auth: 'anonymous',
  summary: 'Versions of an artifact, newest first',
  tags: ['versions'],
  schema: {
    params: ArtifactParams,
    querystring: Type.Object({ ...ArtifactPagingQuery.properties, ...Order.properties }),
    response: { 200: pageSchema(VersionSummaryView) },
  },
  deps: { versions: Versions, accounts: Accounts },
  handle: async (request, { versions, accounts }) => {
    const query = { ...pageQueryOf(request.query), order: request.query.order }
    const { items, ...rest } = await versions.list(request.principal, refOf(request), query)
    return { items: await viewVersions(accounts, items), ...rest }
  },
})
