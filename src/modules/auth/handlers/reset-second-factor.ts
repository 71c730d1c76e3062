import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { SecondFactor } from '../logins.contract.ts'
import { otpOf } from '../otp-header.ts'
import { Name, Nothing } from '../schemas.ts'

export const resetSecondFactor = defineHandler({
  method: 'DELETE',
  url: '/v1/users/:username/second-factor',
  auth: 'admin',
  summary: 'Take the second factor from a user that has lost it; for administrators',
  tags: ['users'],
  schema: { params: Type.Object({ username: Name }), response: { 204: Nothing } },
  deps: { secondFactor: SecondFactor },
  async handle({ params, principal, headers }, { secondFactor }, reply) {
    await secondFactor.require(principal, { otp: otpOf(headers), action: 'authenticate' })
    await secondFactor.reset(principal, params.username)
    return reply.code(204).send()
  },
})
