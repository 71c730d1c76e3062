import { defineHandler } from '../../../shared/kernel/handler.ts'
import { WebhookParams } from '../route-schemas.ts'
import { DeliveryLog } from '../webhooks/delivery-log.service.ts'
import { DeliveryView } from '../webhooks/webhook-view.ts'

export const pingWebhook = defineHandler({
  method: 'POST',
  url: '/v1/namespaces/:namespace/webhooks/:id/ping',
  auth: 'admin',
  summary: 'Send a test message; its delivery tells what became of it',
  tags: ['webhooks'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: { params: WebhookParams, response: { 202: DeliveryView } },
  deps: { log: DeliveryLog },
  async handle({ principal, params }, { log }, reply) {
    reply.code(202)
    return log.ping(principal, params)
  },
})
