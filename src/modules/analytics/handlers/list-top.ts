import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { RegistryNumbers } from '../numbers/registry-numbers.service.ts'
import { columnsOf, TopView } from '../numbers/views.ts'
import { TopQuery, windowDays } from '../route-schemas.ts'

export const listTop = defineHandler({
  method: 'GET',
  url: '/v1/analytics/top',
  auth: 'anonymous',
  summary: 'Most downloaded artifacts among those the caller may see',
  tags: ['analytics'],
  rateLimit: { max: 60, windowMs: 60_000 },
  schema: { querystring: TopQuery, response: { 200: TopView } },
  deps: { numbers: RegistryNumbers },
  async handle(request, { numbers }, reply) {
    const { window, as: _form, ...query } = request.query
    const items = await numbers.top(request.principal, { ...query, days: windowDays[window] })
    return jsonOrCsv(request, reply, { answer: { window, items }, table: { name: 'top', columns: columnsOf(TopView), rows: items } })
  },
})
