import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { pageSchema } from '../../../shared/types/page.ts'
import { AffectedView, Scans } from '../scans.contract.ts'
import { PagingQuery, pageQueryOf } from './scan-route.ts'

export const listAffected = defineHandler({
  method: 'GET',
  url: '/v1/advisories/:id/affected',
  auth: 'anonymous',
  summary: 'What the caller may see that has a vulnerability, by any of its names',
  tags: ['scanning'],
  rateLimit: { max: 300, windowMs: 60_000, anonymousOnly: true },
  schema: {
    params: Type.Object({ id: Type.String({ minLength: 1, maxLength: 128, pattern: '^[!-~]+$' }) }),
    querystring: PagingQuery,
    response: { 200: pageSchema(AffectedView) },
  },
  deps: { scans: Scans },
  handle: ({ principal, params, query }, { scans }) => scans.affected(principal, params.id, pageQueryOf(query)),
})
