import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { ExpiredTag, Retention } from '../retention-view.ts'
import { NamespaceParams, PagingQuery, pageQueryOf } from '../route-schemas.ts'

export const previewRetention = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/retention',
  auth: 'admin',
  summary: 'Tags of OCI artifacts that the retention rules of the namespace no longer keep',
  tags: ['namespaces'],
  schema: { params: NamespaceParams, querystring: PagingQuery, response: { 200: pageSchema(ExpiredTag) } },
  deps: { retention: Retention },
  handle: ({ principal, params, query }, { retention }) => retention.preview(principal, params.namespace, pageQueryOf(query)),
})
