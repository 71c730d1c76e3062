import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { Feed, FeedItem } from '../feed.service.ts'
import { PagingQuery } from '../page.ts'

const Unread = Type.Object({ unread: Type.Integer({ description: 'In the whole feed; counted up to 1,000.' }) })

export const listFeed = defineHandler({
  method: 'GET',
  url: '/v1/me/feed',
  auth: 'read',
  summary: 'What happened to what the caller follows or owns, newest first; what the caller may not see any more is left out',
  tags: ['notifications'],
  rateLimit: { max: 300, windowMs: 60_000 },
  schema: {
    querystring: Type.Object({ ...PagingQuery.properties, unread: Type.Optional(Type.Boolean({ description: 'Only unread ones.' })) }),
    response: { 200: Type.Composite([pageSchema(FeedItem), Unread]) },
  },
  deps: { feed: Feed },
  async handle({ principal, query }, { feed }) {
    return { ...(await feed.list(principal, query)), unread: await feed.countUnread(principal) }
  },
})
