import { type Static, Type } from '@sinclair/typebox'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema, parseNamespace } from '../../shared/types/namespace-name.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import type { SearchHit, SearchQuery } from './contract.ts'

export const SearchParameters = Type.Object({
  query: Type.String({ maxLength: 256, default: '', description: 'Words, or a name; empty for everything.' }),
  type: Type.Optional(Type.Array(ArtifactTypeSchema, { maxItems: 20, description: 'Any of them.' })),
  format: Type.Optional(ArtifactFormatSchema),
  namespace: Type.Optional(Type.Array(NamespaceSchema, { maxItems: 100, description: 'Any of them.' })),
  keyword: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems: 50, description: 'Any of them.' })),
  sortBy: oneOf(['relevance', 'downloads', 'stars', 'updated', 'created'], { default: 'relevance' }),
  sortOrder: oneOf(['desc', 'asc'], { default: 'desc' }),
  page: Type.Integer({ minimum: 1, maximum: 10_000, default: 1 }),
  pageSize: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
})

const Text = Type.Union([Type.String(), Type.Null()])
const Share = Type.Number({ minimum: 0, maximum: 1 })

const SearchItem = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  format: ArtifactFormatSchema,
  type: ArtifactTypeSchema,
  description: Text,
  keywords: Type.Array(Type.String()),
  version: Text,
  license: Text,
  homepage: Text,
  repository: Text,
  publisher: Text,
  publishedAt: Text,
  downloads: Type.Integer(),
  stars: Type.Integer(),
  score: Type.Object({ final: Share, text: Share, popularity: Share, freshness: Share, verified: Share, quality: Share }),
})
export const SearchView = Type.Object({
  items: Type.Array(SearchItem),
  total: Type.Integer({ description: 'Exact up to 10,000, which stands for that many or more.' }),
  page: Type.Integer(),
  pageSize: Type.Integer(),
})

export function toSearchQuery({ keyword, page, pageSize, type, format, namespace, ...rest }: Static<typeof SearchParameters>): SearchQuery {
  return {
    ...rest,
    ...(type && { type }),
    ...(format && { format }),
    ...(namespace && { namespace: namespace.map((name) => parseNamespace(name) ?? name) }),
    ...(keyword && { keywords: keyword }),
    offset: (page - 1) * pageSize,
    limit: pageSize,
  }
}

export function toItem({ artifactId: _id, maintainers: _users, keywords, ...hit }: SearchHit): Static<typeof SearchItem> {
  return { ...hit, keywords: [...keywords] }
}
