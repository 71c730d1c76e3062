import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'
import type { BadgeName } from '../insights/contract.ts'

/** Of an address, for callers without a name: five in a second on average (D-20), which whoever completes what is typed may use at once. */
export const maxSearchesPerMinute = 300

export type SearchOrder = 'relevance' | 'downloads' | 'stars' | 'updated' | 'created'

/** design.md §5 decision 10. Filters are joined by "and", the values of one by "or". */
export interface SearchQuery {
  /** Empty: everything, by what `sortBy` says; downloads and stars count for it some minutes later. */
  readonly query: string
  readonly format?: ArtifactFormat
  readonly type?: readonly ArtifactType[]
  readonly namespace?: readonly string[]
  readonly capabilities?: readonly string[]
  readonly language?: readonly string[]
  /** SPDX identifiers, in any case. */
  readonly license?: readonly string[]
  /** A version of the framework that the range an artifact declares has to allow; what declares none is left out. */
  readonly gatiVersion?: string
  readonly keywords?: readonly string[]
  /** Username of who published the version that is shown, may publish by a right on the artifact itself, or has it in the own namespace. */
  readonly maintainer?: string
  /** Also what means the same in other words. */
  readonly semantic?: boolean
  /** Only what has such a type. */
  readonly typeSignature?: string
  readonly sortBy?: SearchOrder
  /** `desc` by default. */
  readonly sortOrder?: 'asc' | 'desc'
  readonly offset: number
  /** At most 250; `offset + limit` at most 10,000 (D-15). */
  readonly limit: number
  readonly facets?: boolean
  readonly highlight?: boolean
  /** Say of each hit how it stands, where somebody knows. */
  readonly healthBadges?: boolean
}

/** Each from 0 to 1, greater is better; docs/search.md has the formula. */
export interface SearchScore {
  readonly final: number
  readonly text: number
  readonly popularity: number
  readonly freshness: number
  /** 1: whoever owns the namespace, or published into one that nobody owns, is verified. */
  readonly verified: number
  readonly quality: number
}

/** 3: the name itself, 2: the beginning of it, 1: everything else that matches, 0: a name that may have been meant. */
export type MatchTier = 0 | 1 | 2 | 3

/** A text that is shown, and where in it the matches are: `[start, end)` in UTF-16 units. No markup, so nothing has to be escaped twice. */
export interface Highlight {
  readonly field: 'name' | 'description' | 'keywords'
  readonly text: string
  readonly ranges: readonly (readonly [start: number, end: number])[]
}

export interface SearchHit {
  readonly artifactId: string
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  readonly description: string | null
  readonly keywords: readonly string[]
  /** That of the tag `latest`, else the highest release, else the highest prerelease. Null for a repository that has plain tags alone. */
  readonly version: string | null
  readonly license: string | null
  readonly homepage: string | null
  readonly repository: string | null
  readonly capabilities: readonly string[]
  readonly languages: readonly string[]
  /** The range of versions of the framework it declares. */
  readonly gatiVersion: string | null
  readonly verified: boolean
  /** 0 to 100, of the last scan of the version that is shown; null before there was one. */
  readonly securityScore: number | null
  readonly publisher: string | null
  readonly publishedAt: string | null
  /** Users with a right to publish on the artifact itself, else the owners of its namespace; at most 20. */
  readonly maintainers: readonly string[]
  readonly downloads: number
  readonly stars: number
  readonly tier: MatchTier
  readonly score: SearchScore
  /** Where it was asked for. */
  readonly highlights?: readonly Highlight[]
  /** Where it was asked for and is known. */
  readonly healthBadges?: readonly BadgeName[]
}

export interface FacetValue {
  readonly value: string
  readonly count: number
}

/** How many of all matches have each value; the 50 most frequent of each. */
export interface SearchFacets {
  readonly types: readonly FacetValue[]
  readonly capabilities: readonly FacetValue[]
  readonly languages: readonly FacetValue[]
  readonly licenses: readonly FacetValue[]
  /** More than 10,000 matches: counted among 10,000 of them. */
  readonly approximate: boolean
}

/** What beside the words took part in the search. */
export interface SearchNotes {
  /** `available` is false where the model did not answer in time: then words alone were searched. */
  readonly semantic?: { readonly model: string; readonly experimental: boolean; readonly available: boolean }
  /** `truncated`: more types than could be compared looked like it; some that fit may be missing. */
  readonly typeSignature?: { readonly truncated: boolean }
}

export interface SearchPage extends SearchNotes {
  readonly hits: readonly SearchHit[]
  /** Exact up to 10,000, which stands for that many or more. */
  readonly total: number
  readonly totalIsExact: boolean
  readonly facets?: SearchFacets
}

/** What somebody may be about to type. */
export interface Suggestion {
  readonly namespace: string
  readonly name: string
  readonly format: ArtifactFormat
  readonly type: ArtifactType
  readonly description: string | null
}

/** One document per artifact, kept by effects; what the caller may not see is left out inside the query. */
export interface Search {
  /** Throws `search.page_too_deep`. */
  find(principal: Principal, query: SearchQuery): Promise<SearchPage>
  /** Names that begin with the text, or are like it where none does. At most 20. */
  suggest(principal: Principal, text: string, limit: number): Promise<readonly Suggestion[]>
  /** Brings the document of an artifact up to date, or removes it. Idempotent. */
  index(artifactId: string): Promise<void>
  /** Every artifact anew; answers how many have a document. */
  rebuild(onProgress?: (done: number) => void): Promise<number>
}
export const Search = service<Search>('search')
