import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Profile, profileFor } from '../profile.ts'
import { Name } from '../schemas.ts'
import { Users } from '../users.service.ts'

export const changeUserStanding = defineHandler({
  method: 'PATCH',
  url: '/v1/users/:username',
  auth: 'admin',
  summary: 'Disable or enable a user, or make it an administrator (administrators)',
  tags: ['users'],
  schema: {
    params: Type.Object({ username: Name }),
    body: Type.Object(
      { disabled: Type.Optional(Type.Boolean()), isAdmin: Type.Optional(Type.Boolean()) },
      { minProperties: 1, additionalProperties: false },
    ),
    response: { 200: Profile },
  },
  deps: { users: Users },
  async handle({ params, body, principal }, { users }) {
    return profileFor(principal, await users.changeStanding(principal, params.username, body))
  },
})
