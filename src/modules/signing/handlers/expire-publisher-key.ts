import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { PublisherKeys, PublisherKeyView } from '../publisher.contract.ts'
import { KeyParams } from '../publisher-routes.ts'

export const expirePublisherKey = defineHandler({
  method: 'PATCH',
  url: '/v1/publishers/:name/keys/:keyId',
  auth: 'admin',
  summary: 'Set or take back the expiry of a key; signatures proven to be older count on',
  tags: ['signing'],
  schema: {
    params: KeyParams,
    body: Type.Object(
      { expiresAt: Type.Union([Type.String({ maxLength: 40 }), Type.Null()], { description: 'Instant (RFC 3339), or null.' }) },
      { additionalProperties: false },
    ),
    response: { 200: PublisherKeyView },
  },
  deps: { keys: PublisherKeys },
  handle: ({ principal, params, body }, { keys }) => keys.expire(principal, params.name, { ...body, keyId: params.keyId }),
})
