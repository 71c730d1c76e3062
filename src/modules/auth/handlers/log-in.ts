import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Login } from '../login-answer.ts'
import { LoginName, Otp, Password } from '../schemas.ts'
import { Sessions } from '../sessions.service.ts'

export const logIn = defineHandler({
  method: 'POST',
  url: '/v1/auth/login',
  auth: 'anonymous',
  summary: 'Name and password to a short access token and a refresh token',
  tags: ['auth'],
  bodyLimit: 16_384,
  schema: { body: Type.Object({ username: LoginName, password: Password, otp: Type.Optional(Otp) }), response: { 200: Login } },
  deps: { sessions: Sessions },
  async handle({ body }, { sessions }) {
    return sessions.login(body.username, body.password, body.otp)
  },
})
