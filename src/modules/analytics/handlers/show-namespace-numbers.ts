import { jsonOrCsv } from '../../../shared/json-or-csv.ts'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { RegistryNumbers } from '../numbers/registry-numbers.service.ts'
import { columnsOf, NamespaceNumbersView } from '../numbers/views.ts'
import { NamespaceParams, NamespaceSeriesQuery } from '../route-schemas.ts'

export const showNamespaceNumbers = defineHandler({
  method: 'GET',
  url: '/v1/namespaces/:namespace/analytics',
  auth: 'read',
  summary: 'Numbers of all artifacts of a namespace, for whoever may publish in it',
  tags: ['analytics'],
  rateLimit: { max: 20, windowMs: 60_000 },
  schema: { params: NamespaceParams, querystring: NamespaceSeriesQuery, response: { 200: NamespaceNumbersView } },
  deps: { numbers: RegistryNumbers },
  async handle(request, { numbers }, reply) {
    const answer = await numbers.namespace(request.principal, request.params.namespace, request.query)
    const table = { name: 'namespace', columns: columnsOf(NamespaceNumbersView), rows: answer.items }
    return jsonOrCsv(request, reply, { answer, table })
  },
})
