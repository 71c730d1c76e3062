import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Email, NewName, NewPassword, NullableString } from '../schemas.ts'
import { Users } from '../users.service.ts'

export const registerUser = defineHandler({
  method: 'POST',
  url: '/v1/users',
  auth: 'anonymous',
  summary: 'Create a user',
  tags: ['users'],
  bodyLimit: 16_384,
  schema: {
    body: Type.Object({ username: NewName, password: NewPassword, email: Email }),
    response: { 201: Type.Object({ id: Type.String(), username: Type.String(), email: NullableString, createdAt: Type.String() }) },
  },
  deps: { users: Users },
  async handle({ body, principal }, { users }, reply) {
    const created = await users.register(principal, body)
    reply.code(201)
    return created
  },
})
