import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { ArtifactNumbers } from '../numbers/artifact-numbers.service.ts'
import { AdoptionView, columnsOf } from '../numbers/views.ts'
import { SeriesQuery, seriesLimit } from '../route-schemas.ts'

export const showAdoption = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/downloads/adoption',
  auth: 'anonymous',
  summary: 'What part of the downloads each of the 20 most downloaded versions had, over time',
  tags: ['analytics'],
  rateLimit: seriesLimit,
  schema: { params: ArtifactParams, querystring: SeriesQuery, response: { 200: AdoptionView } },
  deps: { numbers: ArtifactNumbers },
  async handle(request, { numbers }, reply) {
    const answer = await numbers.adoption(request.principal, { ref: refOf(request), query: request.query })
    return jsonOrCsv(request, reply, { answer, table: { name: 'adoption', columns: columnsOf(AdoptionView), rows: answer.items } })
  },
})
