import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { NamespaceSchema } from '../../../shared/types/namespace-name.ts'
import { Totals } from '../totals.service.ts'
import { totalsQueryOf, UsageQuery } from '../usage-query.ts'
import { answerUsage, UsageView } from '../usage-view.ts'

export const findUsage = defineHandler({
  method: 'GET',
  url: '/v1/usage/:namespace',
  auth: 'admin',
  summary: 'What artifacts of a namespace were used, added up; for those who manage it',
  tags: ['usage'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: { params: Type.Object({ namespace: NamespaceSchema }), querystring: UsageQuery, response: { 200: UsageView } },
  deps: { totals: Totals },
  async handle(request, { totals }, reply) {
    const found = await totals.of(request.principal, request.params.namespace, totalsQueryOf(request.query))
    return answerUsage(request, reply, found)
  },
})
