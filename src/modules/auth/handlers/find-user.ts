import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Profile, profileFor } from '../profile.ts'
import { Name } from '../schemas.ts'
import { Users } from '../users.service.ts'

export const findUser = defineHandler({
  method: 'GET',
  url: '/v1/users/:username',
  auth: 'anonymous',
  summary: 'Profile of a user',
  tags: ['users'],
  schema: { params: Type.Object({ username: Name }), response: { 200: Profile } },
  deps: { users: Users },
  async handle({ params, principal }, { users }) {
    return profileFor(principal, await users.find(params.username))
  },
})
