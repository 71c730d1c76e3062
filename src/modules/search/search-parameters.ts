import { type Static, Type } from '@sinclair/typebox'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../shared/types/artifact-type.ts'
import { NamespaceSchema, parseNamespace } from '../../shared/types/namespace-name.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import { VersionSchema } from '../../shared/types/version.ts'
import type { SearchQuery } from './contract.ts'
import { maxSignature } from './signatures/signature-text.ts'

const anyOf = (maxItems: number, description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { maxItems, description }))
const flag = (description: string) => Type.Optional(Type.Boolean({ description }))

/** The parameters of decision 10. A list is given by repeating it. */
export const SearchParameters = Type.Object({
  query: Type.String({ maxLength: 256, default: '', description: 'Words, or a name; empty for everything.' }),
  type: Type.Optional(Type.Array(ArtifactTypeSchema, { maxItems: 20, description: 'Any of them.' })),
  format: Type.Optional(ArtifactFormatSchema),
  namespace: Type.Optional(Type.Array(NamespaceSchema, { maxItems: 100, description: 'Any of them.' })),
  capabilities: anyOf(50, 'Any of them, as the manifest writes them.'),
  language: anyOf(50, 'Any of them.'),
  license: anyOf(50, 'SPDX identifiers, any of them.'),
  gatiVersion: Type.Optional({
    ...VersionSchema,
    description: 'Only what declares a range of framework versions that has this one in it.',
  }),
  keyword: anyOf(50, 'Any of them.'),
  maintainer: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: 'Username of whoever publishes it.' })),
  semantic: flag('Also what means the same in other words (docs/semantic-search.md).'),
  typeSignature: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxSignature,
      description: 'Only what has such types, for example `in:{text:string} out:{sentiment:string}` (docs/type-signature-search.md).',
    }),
  ),
  sortBy: oneOf(['relevance', 'downloads', 'stars', 'updated', 'created'], { default: 'relevance' }),
  sortOrder: oneOf(['desc', 'asc'], { default: 'desc' }),
  page: Type.Integer({ minimum: 1, maximum: 10_000, default: 1 }),
  pageSize: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  facets: flag('Count types, capabilities, languages and licenses of all matches.'),
  highlight: flag('Say where in the texts the matches are.'),
  explain: flag('Say how each score came about.'),
})

export const SuggestParameters = Type.Object({
  query: Type.String({ minLength: 1, maxLength: 100, description: 'What is typed so far.' }),
  limit: Type.Integer({ minimum: 1, maximum: 20, default: 10 }),
})

export function toSearchQuery(parameters: Static<typeof SearchParameters>): SearchQuery {
  const { keyword, page, pageSize, namespace, explain: _shown, ...rest } = parameters
  return {
    ...rest,
    ...(namespace && { namespace: namespace.map((name) => parseNamespace(name) ?? name) }),
    ...(keyword && { keywords: keyword }),
    healthBadges: true,
    offset: (page - 1) * pageSize,
    limit: pageSize,
  }
}
