import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { WebhookParams } from '../route-schemas.ts'
import { RotatedSecret } from '../webhooks/webhook-view.ts'
import { Webhooks } from '../webhooks/webhooks.service.ts'

export const rotateWebhookSecret = defineHandler({
  method: 'POST',
  url: '/v1/namespaces/:namespace/webhooks/:id/secret',
  auth: 'admin',
  summary: 'A new secret; messages are signed with the former one as well until that ends',
  tags: ['webhooks'],
  bodyLimit: 1_024,
  schema: {
    params: WebhookParams,
    body: Type.Object(
      { formerValidHours: Type.Integer({ minimum: 0, maximum: 168, default: 24, description: '0: it ends now.' }) },
      { additionalProperties: false },
    ),
    response: { 201: RotatedSecret },
  },
  deps: { webhooks: Webhooks },
  async handle({ principal, params, body }, { webhooks }, reply) {
    const rotated = await webhooks.rotateSecret(principal, params, body.formerValidHours)
    reply.code(201).header('cache-control', 'no-store')
    return rotated
  },
})
