import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { knownCaller } from '../known-caller.ts'
import { SecondFactor } from '../logins.contract.ts'
import { otpOf } from '../otp-header.ts'
import { Profile, profileFor } from '../profile.ts'
import { DisplayName, Email, NewPassword, Password } from '../schemas.ts'
import { Users } from '../users.service.ts'

export const changeOwnUser = defineHandler({
  method: 'PATCH',
  url: '/v1/users/me',
  auth: 'admin',
  summary: 'Change the own profile or password; a new password ends every session',
  tags: ['users'],
  bodyLimit: 16_384,
  schema: {
    body: Type.Object(
      {
        email: Type.Optional(Email),
        displayName: Type.Optional(DisplayName),
        password: Type.Optional(NewPassword),
        currentPassword: Type.Optional(Password),
      },
      { minProperties: 1, additionalProperties: false },
    ),
    response: { 200: Profile },
  },
  deps: { users: Users, secondFactor: SecondFactor },
  async handle({ body, principal, headers }, { users, secondFactor }) {
    await secondFactor.require(principal, { otp: otpOf(headers), action: 'authenticate' })
    return profileFor(principal, await users.change(knownCaller(principal), body))
  },
})
