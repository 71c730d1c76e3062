import { defineHandler } from '../../../shared/kernel/handler.ts'
import { knownCaller } from '../known-caller.ts'
import { Nothing } from '../schemas.ts'
import { Sessions } from '../sessions.service.ts'

export const logOut = defineHandler({
  method: 'POST',
  url: '/v1/auth/logout',
  auth: 'read',
  summary: 'End the session that is presented',
  tags: ['auth'],
  schema: { response: { 204: Nothing } },
  deps: { sessions: Sessions },
  async handle({ principal }, { sessions }, reply) {
    await sessions.end(knownCaller(principal))
    return reply.code(204).send()
  },
})
