import { defineHandler } from '../../../shared/kernel/handler.ts'
import { DeliveryParams } from '../route-schemas.ts'
import { DeliveryLog } from '../webhooks/delivery-log.service.ts'
import { DeliveryWithAttempts } from '../webhooks/webhook-view.ts'

export const findDelivery = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/webhooks/:id/deliveries/:delivery',
  auth: 'admin',
  summary: 'One delivery with all of its tries',
  tags: ['webhooks'],
  schema: { params: DeliveryParams, response: { 200: DeliveryWithAttempts } },
  deps: { log: DeliveryLog },
  handle: ({ principal, params }, { log }) => log.find(principal, params, params.delivery),
})
