import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { CursorSchema } from '../../../../shared/types/cursor.ts'
import { ApiTokens } from '../../../auth/logins.contract.ts'
import { TokenView, tokenView } from '../token-view.ts'

export const listTokens = defineHandler({
  method: 'GET',
  url: '/-/npm/v1/tokens',
  auth: 'admin',
  summary: 'The own tokens, with their first characters',
  tags: ['npm'],
  schema: {
    querystring: Type.Object({
      cursor: Type.Optional(CursorSchema),
      perPage: Type.Integer({ minimum: 1, maximum: 1_000, default: 100 }),
    }),
    response: { 200: Type.Object({ objects: Type.Array(TokenView), urls: Type.Object({ next: Type.Optional(Type.String()) }) }) },
  },
  deps: { tokens: ApiTokens },
  async handle({ principal, query }, { tokens }, reply) {
    reply.header('cache-control', 'no-store')
    const { cursor, perPage } = query
    const { items, nextCursor } = await tokens.list(principal, { limit: perPage, ...(cursor !== undefined && { cursor }) })
    // Without a host: npm sends its credential to the registry it was told of, by whatever name that is.
    const next =
      nextCursor === null ? {} : { next: `/-/npm/v1/tokens?${new URLSearchParams({ perPage: String(perPage), cursor: nextCursor })}` }
    return { objects: items.map((token) => tokenView(token, token.hint)), urls: next }
  },
})
