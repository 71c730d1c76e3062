import { defineHandler } from '../../../shared/kernel/handler.ts'
import { IdParams } from '../route-schemas.ts'
import { Subscriptions, SubscriptionView } from '../subscriptions.service.ts'

export const findSubscription = defineHandler({
  method: 'GET',
  url: '/v1/subscriptions/:id',
  auth: 'read',
  summary: 'One subscription of the caller',
  tags: ['notifications'],
  schema: { params: IdParams, response: { 200: SubscriptionView } },
  deps: { subscriptions: Subscriptions },
  handle: ({ principal, params }, { subscriptions }) => subscriptions.find(principal, params.id),
})
