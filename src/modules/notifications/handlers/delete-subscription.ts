import { defineHandler } from '../../../shared/kernel/handler.ts'
import { IdParams, NoContent } from '../route-schemas.ts'
import { Subscriptions } from '../subscriptions.service.ts'

export const deleteSubscription = defineHandler({
  method: 'DELETE',
  url: '/v1/subscriptions/:id',
  auth: 'publish',
  summary: 'Follow no longer',
  tags: ['notifications'],
  schema: { params: IdParams, response: { 204: NoContent } },
  deps: { subscriptions: Subscriptions },
  async handle({ principal, params }, { subscriptions }, reply) {
    await subscriptions.unfollow(principal, params.id)
    return reply.code(204).send()
  },
})
