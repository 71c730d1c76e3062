import { type Static, Type } from '@sinclair/typebox'
import { ArtifactFormatSchema, ArtifactTypeSchema } from '../../shared/types/artifact-type.ts'
import { oneOf } from '../../shared/types/one-of.ts'
import { BadgeName } from '../insights/contract.ts'
import type { SearchHit, SearchPage } from './contract.ts'
import { explain } from './explanation.ts'
import { notesView } from './search-notes-view.ts'

const Text = Type.Union([Type.String(), Type.Null()])
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Texts = Type.Array(Type.String())
const Facet = Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() }))

const Highlight = Type.Object({
  field: oneOf(['name', 'description', 'keywords']),
  text: Type.String({ description: 'Plain text, no markup.' }),
  ranges: Type.Array(Type.Array(Type.Integer(), { minItems: 2, maxItems: 2 }), {
    description: 'Start and end of each match, in UTF-16 units.',
  }),
})

const Explanation = Type.Object({
  tier: Type.Integer({ description: '3: the name itself, 2: the beginning of it, 1: words or a part of a name, 0: a similar name.' }),
  weight: Type.Number({ description: 'Product of the factors.' }),
  factors: Type.Object({ popularity: Type.Number(), freshness: Type.Number(), verified: Type.Number(), quality: Type.Number() }),
  formula: Type.String(),
})

const SearchItem = Type.Object({
  ...{ namespace: Type.String(), name: Type.String(), format: ArtifactFormatSchema, type: ArtifactTypeSchema },
  ...{ description: Text, keywords: Texts, version: Text, license: Text, homepage: Text, repository: Text },
  ...{ capabilities: Texts, languages: Texts, gatiVersion: Text, publisher: Text, publishedAt: Text },
  verified: Type.Boolean({ description: 'Whoever owns the namespace is verified.' }),
  securityScore: Type.Union([Type.Integer(), Type.Null()], { description: '0 to 100, of the last scan; null before there was one.' }),
  ...{ downloads: Type.Integer(), stars: Type.Integer() },
  healthBadges: Type.Optional(
    Type.Array(BadgeName, {
      description: 'How the artifact stands (docs/insights.md says when it has which); absent until that is known.',
    }),
  ),
  score: Type.Object({ final: Share, text: Share, popularity: Share, freshness: Share, verified: Share, quality: Share }),
  explanation: Type.Optional(Explanation),
  highlights: Type.Optional(Type.Array(Highlight)),
})

export const SearchView = Type.Object({
  items: Type.Array(SearchItem),
  total: Type.Integer({ description: 'Exact up to 10,000, which stands for that many or more.' }),
  totalIsExact: Type.Boolean(),
  page: Type.Integer(),
  pageSize: Type.Integer(),
  ...notesView,
  facets: Type.Optional(
    Type.Object({
      ...{ types: Facet, capabilities: Facet, languages: Facet, licenses: Facet },
      approximate: Type.Boolean({ description: 'More than 10,000 match: Postgres counts among 10,000 of them, Elasticsearch among all.' }),
    }),
  ),
})

interface Shown {
  readonly page: number
  readonly pageSize: number
  readonly explain: boolean
}

export const toView = (
  { hits, facets, ...found }: SearchPage,
  { page, pageSize, explain: explained }: Shown,
): Static<typeof SearchView> => ({
  ...{ items: hits.map((hit) => toItem(hit, explained)), ...found, page, pageSize },
  ...(facets && { facets: structuredClone(facets) as Static<typeof SearchView>['facets'] & object }),
})

function toItem(
  { artifactId: _id, maintainers: _users, highlights, healthBadges, tier, ...hit }: SearchHit,
  explained: boolean,
): Static<typeof SearchItem> {
  return {
    ...hit,
    ...{ keywords: [...hit.keywords], capabilities: [...hit.capabilities], languages: [...hit.languages] },
    ...(healthBadges && { healthBadges: [...healthBadges] }),
    ...(explained && { explanation: explain(tier, hit.score) }),
    ...(highlights && { highlights: highlights.map(({ ranges, ...rest }) => ({ ...rest, ranges: ranges.map((range) => [...range]) })) }),
  }
}
