import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { pageQuery } from '../page.ts'
import { Profile, profileFor } from '../profile.ts'
import { Users } from '../users.service.ts'

export const listUsers = defineHandler({
  method: 'GET',
  url: '/v1/users',
  auth: 'admin',
  summary: 'All users (administrators)',
  tags: ['users'],
  schema: { querystring: Type.Object(pageQuery), response: { 200: pageSchema(Profile) } },
  deps: { users: Users },
  async handle({ query, principal }, { users }) {
    const { items, nextCursor } = await users.list(principal, query)
    return { items: items.map((user) => profileFor(principal, user)), nextCursor }
  },
})
