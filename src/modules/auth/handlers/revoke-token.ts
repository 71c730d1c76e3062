import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { knownCaller } from '../known-caller.ts'
import { Nothing, Uuid } from '../schemas.ts'
import { Tokens } from '../tokens.service.ts'

export const revokeToken = defineHandler({
  method: 'DELETE',
  url: '/v1/tokens/:id',
  auth: 'read',
  summary: 'Revoke an API token; it is void everywhere within 5 seconds',
  tags: ['tokens'],
  schema: { params: Type.Object({ id: Uuid }), response: { 204: Nothing } },
  deps: { tokens: Tokens },
  async handle({ params, principal }, { tokens }, reply) {
    await tokens.revoke(knownCaller(principal), params.id)
    return reply.code(204).send()
  },
})
