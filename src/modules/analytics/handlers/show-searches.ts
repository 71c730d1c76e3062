import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { RegistryNumbers } from '../numbers/registry-numbers.service.ts'
import { columnsOf, SearchesView } from '../numbers/views.ts'
import { SearchesQuery } from '../route-schemas.ts'

export const showSearches = defineHandler({
  method: 'GET',
  url: '/v1/admin/analytics/searches',
  auth: 'admin',
  summary: 'Searches, and what nothing was found for (administrators); as CSV the latter alone',
  tags: ['admin'],
  schema: { querystring: SearchesQuery, response: { 200: SearchesView } },
  deps: { numbers: RegistryNumbers },
  async handle(request, { numbers }, reply) {
    const answer = await numbers.searches(request.principal, request.query, request.query.limit)
    const table = { name: 'missed-searches', columns: columnsOf(SearchesView, 'missed'), rows: answer.missed }
    return jsonOrCsv(request, reply, { answer, table })
  },
})
