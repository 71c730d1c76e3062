import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { Authorizer, DoorTokens } from '../../auth/contract.ts'
import { Catalog } from '../../metadata/contract.ts'
import { CacheNamespaces } from '../upstream/upstreams.ts'
import { permit } from './permitted-access.ts'
import { parseScopes } from './scope-grammar.ts'
import { TokenAnswer, tokenAnswer } from './token-answer.ts'

const Ignored = Type.Optional(Type.String({ maxLength: 1_000 }))

export const fetchToken = defineHandler({
  method: 'GET',
  url: '/v2/token',
  auth: 'anonymous',
  summary: 'A short-lived token for repositories, with the permitted part of what is asked',
  tags: ['oci'],
  schema: {
    querystring: Type.Object({
      scope: Type.Optional(Type.Array(Type.String({ maxLength: 8_192 }), { maxItems: 100 })),
      ...{ service: Ignored, account: Ignored, client_id: Ignored, offline_token: Ignored },
    }),
    response: { 200: TokenAnswer },
  },
  deps: { doorTokens: DoorTokens, catalog: Catalog, authorizer: Authorizer, caches: CacheNamespaces },
  async handle({ principal, query }, { doorTokens, ...deps }, reply) {
    const { access } = await permit(principal, parseScopes(query.scope ?? []), deps)
    const token = await doorTokens.issue(principal, access)
    reply.header('cache-control', 'no-store')
    return tokenAnswer(token)
  },
})
