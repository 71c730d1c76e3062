import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { ArtifactNumbers } from '../numbers/artifact-numbers.service.ts'
import { columnsOf, VersionDownloadsView } from '../numbers/views.ts'
import { SeriesQuery, seriesLimit } from '../route-schemas.ts'

export const showVersionDownloads = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/downloads/versions',
  auth: 'anonymous',
  summary: 'Downloads of each version in a range, most first',
  tags: ['analytics'],
  rateLimit: seriesLimit,
  schema: { params: ArtifactParams, querystring: SeriesQuery, response: { 200: VersionDownloadsView } },
  deps: { numbers: ArtifactNumbers },
  async handle(request, { numbers }, reply) {
    const answer = await numbers.versions(request.principal, { ref: refOf(request), query: request.query })
    return jsonOrCsv(request, reply, { answer, table: { name: 'versions', columns: columnsOf(VersionDownloadsView), rows: answer.items } })
  },
})
