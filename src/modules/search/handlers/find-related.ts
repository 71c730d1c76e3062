import { Type } from '@sinclair/typebox'
import { defineHandler } from '../../../shared/kernel/handler.ts'
import { ArtifactNameSchema } from '../../../shared/types/artifact-name.ts'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../../shared/types/artifact-type.ts'
import { NamespaceSchema } from '../../../shared/types/namespace-name.ts'
import { maxSearchesPerMinute } from '../contract.ts'
import { Related } from '../related/related.ts'

const RelatedView = Type.Object({
  items: Type.Array(
    Type.Object({
      ...{ namespace: Type.String(), name: Type.String(), format: ArtifactFormatSchema, type: ArtifactTypeSchema },
      ...{ description: Type.Union([Type.String(), Type.Null()]), version: Type.Union([Type.String(), Type.Null()]) },
      ...{ downloads: Type.Integer(), stars: Type.Integer() },
      score: Type.Number({ minimum: 0, maximum: 1 }),
      shared: Type.Object({
        meaning: Type.Number({ description: 'Cosine of what both mean; 0 where they have nothing in common.' }),
        keywords: Type.Array(Type.String()),
        dependencies: Type.Array(Type.String()),
      }),
    }),
  ),
  semantic: Type.Object({ model: Type.String(), experimental: Type.Boolean() }),
})

export const findRelated = defineHandler({
  method: 'GET',
  url: '/v1/artifacts/:namespace/:name/-/related',
  auth: 'anonymous',
  summary: 'Artifacts like this one, by what they mean, their keywords and their dependencies',
  tags: ['search'],
  rateLimit: { max: maxSearchesPerMinute, windowMs: 60_000, anonymousOnly: true },
  schema: {
    params: Type.Object({ namespace: NamespaceSchema, name: ArtifactNameSchema }),
    querystring: Type.Object({
      format: Type.Optional({ ...ArtifactFormatSchema, description: 'Needed only when several artifacts of this name differ in format.' }),
      limit: Type.Integer({ minimum: 1, maximum: 50, default: 10 }),
    }),
    response: { 200: RelatedView },
  },
  deps: { related: Related },
  async handle({ principal, params, query: { format, limit } }, { related }) {
    const { items, semantic } = await related.to(principal, { ...params, ...(format && { format }) }, limit)
    const views = items.map(({ facts, kinship: { score, meaning, keywords, dependencies } }) => {
      const { namespace, name, description, version, downloads, stars } = facts
      const shared = { meaning, keywords: [...keywords], dependencies: [...dependencies] }
      return { namespace, name, format: facts.format, type: facts.type, description, version, downloads, stars, score, shared }
    })
    return { items: views, semantic }
  },
})
