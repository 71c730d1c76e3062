import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Login } from '../login-answer.ts'
import { Sessions } from '../sessions.service.ts'

export const refreshSession = defineHandler({
  method: 'POST',
  url: '/v1/auth/refresh',
  auth: 'anonymous',
  summary: 'A refresh token to a new pair; each works once, and a second use ends the session',
  tags: ['auth'],
  bodyLimit: 16_384,
  schema: { body: Type.Object({ refreshToken: Type.String({ minLength: 1, maxLength: 200 }) }), response: { 200: Login } },
  deps: { sessions: Sessions },
  async handle({ body }, { sessions }) {
    return sessions.refresh(body.refreshToken)
  },
})
