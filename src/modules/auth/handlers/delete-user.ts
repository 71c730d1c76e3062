import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Name, Nothing } from '../schemas.ts'
import { Users } from '../users.service.ts'

export const deleteUser = defineHandler({
  method: 'DELETE',
  url: '/v1/users/:username',
  auth: 'admin',
  summary: 'Delete a user (itself, or administrators); the name stays taken',
  tags: ['users'],
  schema: { params: Type.Object({ username: Name }), response: { 204: Nothing } },
  deps: { users: Users },
  async handle({ params, principal }, { users }, reply) {
    await users.remove(principal, params.username)
    return reply.code(204).send()
  },
})
