import { defineHandler } from '../../../shared/kernel/handler.ts'
import { setCacheControl } from '../cache-control.ts'
import { maxSearchesPerMinute, Search } from '../contract.ts'
import { SearchParameters, toSearchQuery } from '../search-parameters.ts'
import { SearchView, toView } from '../search-view.ts'

export const findArtifacts = defineHandler({
  method: 'GET',
  url: '/v1/search',
  auth: 'anonymous',
  summary: 'Artifacts the caller may see, best match first; goes as far as result 10,000',
  tags: ['search'],
  rateLimit: { max: maxSearchesPerMinute, windowMs: 60_000, anonymousOnly: true },
  schema: { querystring: SearchParameters, response: { 200: SearchView } },
  deps: { search: Search },
  async handle({ principal, query }, { search }, reply) {
    const { page, pageSize, explain = false } = query
    const found = await search.find(principal, toSearchQuery(query))
    setCacheControl(reply, principal)
    return toView(found, { page, pageSize, explain })
  },
})
