import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { knownCaller } from '../known-caller.ts'
import { SecondFactor } from '../logins.contract.ts'
import { otpOf } from '../otp-header.ts'
import { ArtifactPath, DisplayName, Name, ScopeName } from '../schemas.ts'
import { TokenView } from '../token-view.ts'
import { Tokens } from '../tokens.service.ts'

export const createToken = defineHandler({
  method: 'POST',
  url: '/v1/tokens',
  auth: 'admin',
  summary: 'Create an API token; the answer is the only place that shows it',
  tags: ['tokens'],
  bodyLimit: 65_536,
  schema: {
    body: Type.Object(
      {
        name: DisplayName,
        scopes: Type.Array(ScopeName, { minItems: 1, maxItems: 3, uniqueItems: true }),
        namespaces: Type.Optional(Type.Array(Name, { minItems: 1, maxItems: 100, uniqueItems: true })),
        artifacts: Type.Optional(Type.Array(ArtifactPath, { minItems: 1, maxItems: 100, uniqueItems: true })),
        expiresInDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
      },
      { additionalProperties: false },
    ),
    response: { 201: Type.Composite([TokenView, Type.Object({ token: Type.String() })]) },
  },
  deps: { tokens: Tokens, secondFactor: SecondFactor },
  async handle({ body, principal, headers }, { tokens, secondFactor }, reply) {
    await secondFactor.require(principal, { otp: otpOf(headers), action: 'authenticate' })
    const created = await tokens.create(knownCaller(principal), body)
    reply.code(201).header('cache-control', 'no-store')
    return created
  },
})
