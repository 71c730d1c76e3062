import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceParams } from '../route-schemas.ts'
import { Namespaces, NamespaceView } from '../views.ts'

export const findNamespace = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace',
  auth: 'anonymous',
  summary: 'One namespace: settings, owner, counts',
  tags: ['namespaces'],
  schema: { params: NamespaceParams, response: { 200: NamespaceView } },
  deps: { namespaces: Namespaces },
  handle: ({ principal, params }, { namespaces }) => namespaces.find(principal, params.namespace),
})
