import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { PagingQuery } from '../page.ts'
import { WebhookParams } from '../route-schemas.ts'
import { DeliveryLog } from '../webhooks/delivery-log.service.ts'
import { DeliveryState, DeliveryView } from '../webhooks/webhook-view.ts'

export const listDeliveries = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/webhooks/:id/deliveries',
  auth: 'admin',
  summary: 'What was sent to a webhook, newest first',
  tags: ['webhooks'],
  schema: {
    params: WebhookParams,
    querystring: Type.Object({ ...PagingQuery.properties, state: Type.Optional(DeliveryState) }),
    response: { 200: pageSchema(DeliveryView) },
  },
  deps: { log: DeliveryLog },
  handle: ({ principal, params, query }, { log }) => log.list(principal, params, query),
})
