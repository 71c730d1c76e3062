import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { ApiTokens, Profiles, SecondFactor } from '../../../auth/logins.contract.ts'
import { requireOtp } from '../second-factor.ts'
import { TokenRequest, tokenFor } from '../token-limits.ts'
import { TokenView, tokenView } from '../token-view.ts'

export const createToken = defineHandler({
  method: 'POST',
  url: '/-/npm/v1/tokens',
  auth: 'admin',
  summary: 'Create a token (npm token create); the answer is the only place that shows it',
  tags: ['npm'],
  bodyLimit: 65_536,
  schema: { body: TokenRequest, response: { 201: TokenView } },
  deps: { tokens: ApiTokens, profiles: Profiles, secondFactor: SecondFactor },
  async handle(request, deps, reply) {
    const { principal, body } = request
    const wanted = tokenFor(body)
    await requireOtp(request, deps, 'authenticate')
    await deps.profiles.confirmPassword(principal, body.password)
    const { token, ...made } = await deps.tokens.create(principal, wanted)
    reply.code(201).header('cache-control', 'no-store')
    return tokenView(made, token)
  },
})
