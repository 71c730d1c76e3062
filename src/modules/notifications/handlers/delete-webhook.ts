import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NoContent, WebhookParams } from '../route-schemas.ts'
import { Webhooks } from '../webhooks/webhooks.service.ts'

export const deleteWebhook = defineHandler({
  method: 'DELETE',
  url: '/v1/namespaces/:namespace/webhooks/:id',
  auth: 'admin',
  summary: 'Delete a webhook and its log',
  tags: ['webhooks'],
  schema: { params: WebhookParams, response: { 204: NoContent } },
  deps: { webhooks: Webhooks },
  async handle({ principal, params }, { webhooks }, reply) {
    await webhooks.remove(principal, params)
    return reply.code(204).send()
  },
})
