import { defineHandler } from '../../../shared/kernel/handler.ts'
import { maxSearchesPerMinute, Search } from '../contract.ts'
import { SearchParameters, SearchView, toItem, toSearchQuery } from '../search-view.ts'

export const findArtifacts = defineHandler({
  method: 'GET',
  url: '/v1/search',
  auth: 'anonymous',
  summary: 'Artifacts the caller may see, best match first; goes as far as result 10,000',
  tags: ['search'],
  rateLimit: { max: maxSearchesPerMinute, windowMs: 60_000, anonymousOnly: true },
  schema: { querystring: SearchParameters, response: { 200: SearchView } },
  deps: { search: Search },
  async handle({ principal, query }, { search }) {
    const { hits, total } = await search.find(principal, toSearchQuery(query))
    return { items: hits.map(toItem), total, page: query.page, pageSize: query.pageSize }
  },
})
