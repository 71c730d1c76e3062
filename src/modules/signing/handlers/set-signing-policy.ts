import { defineHandler } from '../../../shared/kernel/handler.ts'
import { SigningPolicies, SigningPolicy, SigningPolicyView } from '../publisher.contract.ts'
import { PublisherParams } from '../publisher-routes.ts'

export const setSigningPolicy = defineHandler({
  method: 'PUT',
  url: '/v1/publishers/:name/signing-policy',
  auth: 'admin',
  summary: 'Say which keys and identities count, and which attestations are wanted beside a signature',
  tags: ['signing'],
  schema: { params: PublisherParams, body: SigningPolicy, response: { 200: SigningPolicyView } },
  deps: { policies: SigningPolicies },
  handle: ({ principal, params, body }, { policies }) => policies.set(principal, params.name, body),
})
