import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../../shared/kernel/handler.ts'
import { KernelInfo } from '../../../../shared/kernel/kernel-info.ts'
import { maxSearchesPerMinute, Search } from '../../../search/contract.ts'
import { SearchAnswer, searchObject } from '../search-answer.ts'
import { parseSearchText } from '../search-text.ts'
import { type Weights, weightedOrder } from '../weighted-order.ts'

const maxSize = 250
const weight = Type.Optional(Type.Number({ minimum: 0, maximum: 1_000, description: 'Only an order by this weight alone is followed.' }))

export const searchPackages = defineHandler({
  method: 'GET',
  url: '/-/v1/search',
  auth: 'anonymous',
  summary: 'Packages the caller may see, best match first; goes as far as result 10,000',
  tags: ['npm'],
  rateLimit: { max: maxSearchesPerMinute, windowMs: 60_000, anonymousOnly: true },
  schema: {
    querystring: Type.Object({
      text: Type.String({
        maxLength: 1_000,
        default: '',
        description: 'Words and the qualifiers `author:`, `maintainer:`, `keywords:`, `scope:`.',
      }),
      size: Type.Integer({ minimum: 0, maximum: 10_000, default: 20, description: 'At most 250 are sent.' }),
      from: Type.Integer({ minimum: 0, default: 0 }),
      quality: weight,
      popularity: weight,
      maintenance: weight,
    }),
    response: { 200: SearchAnswer },
  },
  deps: { search: Search, info: KernelInfo },
  async handle({ principal, query: { text, size, from, ...weights } }, { search, info }) {
    const { hits, total } = await search.find(principal, {
      ...parseSearchText(text),
      ...{ format: 'npm', sortBy: weightedOrder(weights as Weights), offset: from, limit: Math.min(size, maxSize) },
    })
    const objects = hits.map((hit) => searchObject(hit, `${info.publicUrl}/npm`))
    return { objects, total, time: new Date().toISOString() }
  },
})
