import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Retention, RetentionResult } from '../retention-view.ts'
import { NamespaceParams } from '../route-schemas.ts'

export const applyRetentionNow = defineHandler({
  method: 'POST',
  url: '/v1/namespaces/:namespace/retention',
  auth: 'admin',
  summary: 'Remove the tags that the retention rules no longer keep, at most 10,000 of them; done every hour anyway',
  tags: ['namespaces'],
  schema: { params: NamespaceParams, response: { 200: RetentionResult } },
  deps: { retention: Retention },
  handle: ({ principal, params }, { retention }) => retention.apply(principal, params.namespace),
})
