import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { PagingQuery } from '../page.ts'
import { Subscriptions, SubscriptionView } from '../subscriptions.service.ts'

export const listSubscriptions = defineHandler({
  method: 'GET',
  url: '/v1/subscriptions',
  auth: 'read',
  summary: 'What the caller follows',
  tags: ['notifications'],
  schema: { querystring: PagingQuery, response: { 200: pageSchema(SubscriptionView) } },
  deps: { subscriptions: Subscriptions },
  handle: ({ principal, query }, { subscriptions }) => subscriptions.list(principal, query),
})
