import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { PagingQuery, pageQueryOf } from '../route-schemas.ts'
import { Namespaces, NamespaceView } from '../views.ts'

export const listNamespaces = defineHandler({
  method: 'GET',
  url: '/v1/namespaces',
  auth: 'anonymous',
  summary: 'Namespaces the caller may see, by name',
  tags: ['namespaces'],
  schema: { querystring: PagingQuery, response: { 200: pageSchema(NamespaceView) } },
  deps: { namespaces: Namespaces },
  handle: ({ principal, query }, { namespaces }) => namespaces.list(principal, pageQueryOf(query)),
})
