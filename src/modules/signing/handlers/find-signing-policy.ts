import { defineHandler } from '../../../shared/kernel/handler.ts'
import { SigningPolicies, SigningPolicyView } from '../publisher.contract.ts'
import { PublisherParams } from '../publisher-routes.ts'

export const findSigningPolicy = defineHandler({
  method: 'GET',
  url: '/v1/publishers/:name/signing-policy',
  auth: 'anonymous',
  summary: 'Whose signatures count in a namespace, and whether they are required',
  tags: ['signing'],
  schema: { params: PublisherParams, response: { 200: SigningPolicyView } },
  deps: { policies: SigningPolicies },
  handle: ({ principal, params }, { policies }) => policies.find(principal, params.name),
})
