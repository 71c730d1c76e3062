import { defineHandler } from '../../../shared/kernel/handler.ts'
import { WebhookParams } from '../route-schemas.ts'
import { WebhookChange, WebhookView } from '../webhooks/webhook-view.ts'
import { Webhooks } from '../webhooks/webhooks.service.ts'

export const changeWebhook = defineHandler({
  method: 'PATCH',
  url: '/v1/namespaces/:namespace/webhooks/:id',
  auth: 'admin',
  summary: 'Change a webhook, switch it off, or enable it again',
  tags: ['webhooks'],
  bodyLimit: 65_536,
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: { params: WebhookParams, body: WebhookChange, response: { 200: WebhookView } },
  deps: { webhooks: Webhooks },
  handle: ({ principal, params, body }, { webhooks }) => webhooks.change(principal, params, body),
})
