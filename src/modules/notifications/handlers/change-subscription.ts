import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { EventFilter } from '../kinds.ts'
import { IdParams } from '../route-schemas.ts'
import { Subscriptions, SubscriptionView } from '../subscriptions.service.ts'

export const changeSubscription = defineHandler({
  method: 'PATCH',
  url: '/v1/subscriptions/:id',
  auth: 'publish',
  summary: 'Change which events a subscription is about; null: all',
  tags: ['notifications'],
  bodyLimit: 16_384,
  schema: {
    params: IdParams,
    body: Type.Object({ events: Type.Union([EventFilter, Type.Null()]) }, { additionalProperties: false }),
    response: { 200: SubscriptionView },
  },
  deps: { subscriptions: Subscriptions },
  handle: ({ principal, params, body }, { subscriptions }) => subscriptions.change(principal, params.id, body.events),
})
