import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { ArtifactNumbers } from '../numbers/artifact-numbers.service.ts'
import { columnsOf, DownloadsView } from '../numbers/views.ts'
import { SeriesQuery, seriesLimit } from '../route-schemas.ts'

export const showDownloads = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/downloads',
  auth: 'anonymous',
  summary: 'Downloads, installs, clients and publishes of an artifact over time',
  tags: ['analytics'],
  rateLimit: seriesLimit,
  schema: { params: ArtifactParams, querystring: SeriesQuery, response: { 200: DownloadsView } },
  deps: { numbers: ArtifactNumbers },
  async handle(request, { numbers }, reply) {
    const answer = await numbers.downloads(request.principal, { ref: refOf(request), query: request.query })
    return jsonOrCsv(request, reply, { answer, table: { name: 'downloads', columns: columnsOf(DownloadsView), rows: answer.items } })
  },
})
