import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { EventFilter } from '../kinds.ts'
import { Subscriptions, SubscriptionView } from '../subscriptions.service.ts'
import { Target } from '../targets.ts'

export const createSubscription = defineHandler({
  method: 'POST',
  url: '/v1/subscriptions',
  auth: 'publish',
  summary: 'Follow a namespace (its publisher), an artifact or an advisory',
  tags: ['notifications'],
  bodyLimit: 16_384,
  schema: {
    body: Type.Object({ target: Target, events: Type.Optional(EventFilter) }, { additionalProperties: false }),
    response: { 201: SubscriptionView },
  },
  deps: { subscriptions: Subscriptions },
  async handle({ principal, body }, { subscriptions }, reply) {
    reply.code(201)
    return subscriptions.follow(principal, body.target, body.events ?? null)
  },
})
