import { defineHandler } from '../../../shared/kernel/handler.ts'
import { DeliveryParams } from '../route-schemas.ts'
import { DeliveryLog } from '../webhooks/delivery-log.service.ts'
import { DeliveryView } from '../webhooks/webhook-view.ts'

export const redeliver = defineHandler({
  method: 'POST',
  url: '/v1/namespaces/:namespace/webhooks/:id/deliveries/:delivery/redeliver',
  auth: 'admin',
  summary: 'Send an event once more, as a new delivery',
  tags: ['webhooks'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: { params: DeliveryParams, response: { 202: DeliveryView } },
  deps: { log: DeliveryLog },
  async handle({ principal, params }, { log }, reply) {
    reply.code(202)
    return log.redeliver(principal, params, params.delivery)
  },
})
