import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { knownCaller } from '../known-caller.ts'
import { pageQuery } from '../page.ts'
import { TokenView } from '../token-view.ts'
import { Tokens } from '../tokens.service.ts'

export const listTokens = defineHandler({
  method: 'GET',
  url: '/v1/tokens',
  auth: 'admin',
  summary: 'The own API tokens, without their text',
  tags: ['tokens'],
  schema: { querystring: Type.Object(pageQuery), response: { 200: pageSchema(TokenView) } },
  deps: { tokens: Tokens },
  async handle({ query, principal }, { tokens }) {
    return tokens.list(knownCaller(principal), query)
  },
})
