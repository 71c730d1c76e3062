import { defineHandler } from '../../../shared/kernel/handler.ts'
import { WebhookParams } from '../route-schemas.ts'
import { WebhookView } from '../webhooks/webhook-view.ts'
import { Webhooks } from '../webhooks/webhooks.service.ts'

export const findWebhook = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/webhooks/:id',
  auth: 'admin',
  summary: 'One webhook',
  tags: ['webhooks'],
  schema: { params: WebhookParams, response: { 200: WebhookView } },
  deps: { webhooks: Webhooks },
  handle: ({ principal, params }, { webhooks }) => webhooks.find(principal, params.namespace, params.id),
})
