import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { ApiTokens } from '../../../auth/logins.contract.ts'
import { Done, done } from '../schemas.ts'

export const logOut = defineHandler({
  method: 'DELETE',
  url: '/-/user/token/:token',
  auth: 'anonymous',
  // Who holds a token may end it; one that is over already must not keep npm from forgetting it.
  ignoresCredentials: true,
  secretParams: ['token'],
  summary: 'End a token',
  tags: ['npm'],
  schema: { params: Type.Object({ token: Type.String() }), response: { 200: Done } },
  deps: { tokens: ApiTokens },
  async handle({ params }, { tokens }) {
    await tokens.revokeText(params.token)
    return done
  },
})
