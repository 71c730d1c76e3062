import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactParams, refOf } from '../../metadata/artifact-request.contract.ts'
import { ArtifactNumbers } from '../numbers/artifact-numbers.service.ts'
import { columnsOf, DoorDownloadsView } from '../numbers/views.ts'
import { SeriesQuery, seriesLimit } from '../route-schemas.ts'

export const showDoorDownloads = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/downloads/doors',
  auth: 'anonymous',
  summary: 'Downloads by the door they came through',
  tags: ['analytics'],
  rateLimit: seriesLimit,
  schema: { params: ArtifactParams, querystring: SeriesQuery, response: { 200: DoorDownloadsView } },
  deps: { numbers: ArtifactNumbers },
  async handle(request, { numbers }, reply) {
    const answer = await numbers.doors(request.principal, { ref: refOf(request), query: request.query })
    return jsonOrCsv(request, reply, { answer, table: { name: 'doors', columns: columnsOf(DoorDownloadsView), rows: answer.items } })
  },
})
