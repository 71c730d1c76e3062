import { defineHandler } from '../../../shared/kernel/handler.ts'
import { KeyRevocation, PublisherKeys, PublisherKeyView } from '../publisher.contract.ts'
import { KeyParams } from '../publisher-routes.ts'

export const revokePublisherKey = defineHandler({
  method: 'DELETE',
  url: '/v1/publishers/:name/keys/:keyId',
  auth: 'admin',
  summary: 'Revoke a key for good: what it signed is no longer verified, and is quarantined when the key was compromised',
  tags: ['signing'],
  schema: { params: KeyParams, body: KeyRevocation, response: { 200: PublisherKeyView } },
  deps: { keys: PublisherKeys },
  handle: ({ principal, params, body }, { keys }) => keys.revoke(principal, params.name, { ...body, keyId: params.keyId }),
})
