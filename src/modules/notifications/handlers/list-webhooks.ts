import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceParams } from '../route-schemas.ts'
import { WebhookView } from '../webhooks/webhook-view.ts'
import { Webhooks } from '../webhooks/webhooks.service.ts'

export const listWebhooks = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/webhooks',
  auth: 'admin',
  summary: 'Webhooks of a namespace',
  tags: ['webhooks'],
  schema: { params: NamespaceParams, response: { 200: Type.Object({ items: Type.Array(WebhookView) }) } },
  deps: { webhooks: Webhooks },
  async handle({ principal, params }, { webhooks }) {
    return { items: await webhooks.list(principal, params.namespace) }
  },
})
