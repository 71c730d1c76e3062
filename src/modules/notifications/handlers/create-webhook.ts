import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceParams } from '../route-schemas.ts'
import { NewWebhook, WebhookWithSecret } from '../webhooks/webhook-view.ts'
import { Webhooks } from '../webhooks/webhooks.service.ts'

export const createWebhook = defineHandler({
  method: 'POST',
  url: '/v1/namespaces/:namespace/webhooks',
  auth: 'admin',
  summary: 'Send events to a URL; the answer is the only place that shows the secret of its signatures',
  tags: ['webhooks'],
  bodyLimit: 65_536,
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: { params: NamespaceParams, body: NewWebhook, response: { 201: WebhookWithSecret } },
  deps: { webhooks: Webhooks },
  async handle({ principal, params, body }, { webhooks }, reply) {
    const created = await webhooks.create(principal, params.namespace, body)
    reply.code(201).header('cache-control', 'no-store')
    return created
  },
})
