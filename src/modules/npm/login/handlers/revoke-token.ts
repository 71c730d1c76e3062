import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { ApiTokens, SecondFactor } from '../../../auth/logins.contract.ts'
import { Done, done } from '../schemas.ts'
import { requireOtp } from '../second-factor.ts'

export const revokeToken = defineHandler({
  method: 'DELETE',
  url: '/-/npm/v1/tokens/token/:key',
  auth: 'read',
  // npm sends the whole token when it was given one.
  secretParams: ['key'],
  summary: 'Revoke a token by its key, or by itself',
  tags: ['npm'],
  schema: { params: Type.Object({ key: Type.String() }), response: { 200: Done } },
  deps: { tokens: ApiTokens, secondFactor: SecondFactor },
  async handle(request, deps) {
    const { principal, params } = request
    await requireOtp(request, deps, 'authenticate')
    if (params.key.startsWith('gati_')) await deps.tokens.revokeText(params.key)
    else await deps.tokens.revoke(principal, params.key)
    return done
  },
})
