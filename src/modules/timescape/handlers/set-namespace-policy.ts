import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceParams } from '../route-schemas.ts'
import { Policies, PolicyName, PolicyView } from '../views.ts'

const Change = Type.Object({ policy: Type.Union([PolicyName, Type.Null()]) }, { additionalProperties: false })

export const setNamespacePolicy = defineHandler({
  method: 'PUT',
  url: '/v1/namespaces/:namespace/timescape-policy',
  auth: 'admin',
  summary: 'Say what happens in a namespace to versions that break more than they declare',
  tags: ['timescape'],
  schema: { params: NamespaceParams, body: Change, response: { 200: PolicyView } },
  deps: { policies: Policies },
  handle: (request, { policies }) => policies.setOfNamespace(request.principal, request.params.namespace, request.body.policy),
})
