import { type Static, Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../../shared/types/artifact-type.ts'
import { setCacheControl } from '../cache-control.ts'
import { maxSearchesPerMinute, Search } from '../contract.ts'
import { SuggestParameters } from '../search-parameters.ts'

const Suggestions = Type.Object({
  suggestions: Type.Array(
    Type.Object({
      ...{ namespace: Type.String(), name: Type.String(), format: ArtifactFormatSchema, type: ArtifactTypeSchema },
      description: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})

export const suggestArtifacts = defineHandler({
  method: 'GET',
  url: '/v1/search/suggest',
  auth: 'anonymous',
  summary: 'Names that begin with what is typed, or are like it where none does, the most relevant first',
  tags: ['search'],
  rateLimit: { max: maxSearchesPerMinute, windowMs: 60_000, anonymousOnly: true },
  schema: { querystring: SuggestParameters, response: { 200: Suggestions } },
  deps: { search: Search },
  async handle({ principal, query: { query, limit } }, { search }, reply) {
    const suggestions = await search.suggest(principal, query, limit)
    setCacheControl(reply, principal)
    return { suggestions: [...suggestions] } satisfies Static<typeof Suggestions>
  },
})
