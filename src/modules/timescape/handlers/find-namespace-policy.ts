import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceParams } from '../route-schemas.ts'
import { Policies, PolicyView } from '../views.ts'

export const findNamespacePolicy = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/timescape-policy',
  auth: 'anonymous',
  summary: 'What happens in a namespace to versions that break more than they declare',
  tags: ['timescape'],
  schema: { params: NamespaceParams, response: { 200: PolicyView } },
  deps: { policies: Policies },
  handle: (request, { policies }) => policies.ofNamespace(request.principal, request.params.namespace),
})
