import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactNameSchema } from '../../../shared/types/artifact-name.ts'
import { NamespaceSchema } from '../../../shared/types/namespace-name.ts'
import { Totals } from '../totals.service.ts'
import { ArtifactUsageQuery, totalsQueryOf } from '../usage-query.ts'
import { answerUsage, UsageView } from '../usage-view.ts'

export const findArtifactUsage = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/usage',
  auth: 'admin',
  summary: 'What an artifact was used, added up; for those who manage it',
  tags: ['usage'],
  rateLimit: { max: 120, windowMs: 60_000 },
  schema: {
    params: Type.Object({ namespace: NamespaceSchema, name: ArtifactNameSchema }),
    querystring: ArtifactUsageQuery,
    response: { 200: UsageView },
  },
  deps: { totals: Totals },
  async handle(request, { totals }, reply) {
    const { params, query } = request
    const ref = { ...params, ...(query.format && { format: query.format }) }
    return answerUsage(request, reply, await totals.ofArtifact(request.principal, ref, totalsQueryOf(query)))
  },
})
