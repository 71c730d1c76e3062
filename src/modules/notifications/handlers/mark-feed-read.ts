import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Feed } from '../feed.service.ts'
import { NoContent, Uuid } from '../route-schemas.ts'

export const markFeedRead = defineHandler({
  method: 'POST',
  url: '/v1/me/feed/read',
  auth: 'publish',
  summary: 'Mark notices of the feed as read: some, or all up to one of them',
  tags: ['notifications'],
  bodyLimit: 65_536,
  schema: {
    body: Type.Object(
      {
        ids: Type.Optional(Type.Array(Uuid, { maxItems: 1_000 })),
        upTo: Type.Optional({ ...Uuid, description: 'This one and every older one.' }),
      },
      { minProperties: 1, additionalProperties: false },
    ),
    response: { 204: NoContent },
  },
  deps: { feed: Feed },
  async handle({ principal, body }, { feed }, reply) {
    await feed.markRead(principal, body)
    return reply.code(204).send()
  },
})
