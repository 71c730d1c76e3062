import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { RegistryNumbers } from '../numbers/registry-numbers.service.ts'
import { columnsOf, RequestsView } from '../numbers/views.ts'
import { TrafficQuery } from '../route-schemas.ts'

export const showRequests = defineHandler({
  method: 'GET',
  url: '/v1/admin/analytics/requests',
  auth: 'admin',
  summary: 'Requests by door and class of status (administrators)',
  tags: ['admin'],
  schema: { querystring: TrafficQuery, response: { 200: RequestsView } },
  deps: { numbers: RegistryNumbers },
  async handle(request, { numbers }, reply) {
    const answer = await numbers.requests(request.principal, request.query)
    return jsonOrCsv(request, reply, { answer, table: { name: 'requests', columns: columnsOf(RequestsView), rows: answer.items } })
  },
})
