import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { ArtifactFormat, ArtifactType } from '../../shared/types/artifact-type.ts'

/** Of an address, for callers without a name: five in a second on average (D-20), which whoever completes what is typed may use at once. */
export const maxSearchesPerMinute = 300

export type SearchOrder = 'relevance' | 'downloads' | 'stars' | 'updated' | 'created'

/** design.md §5 decision 10, as far as it is built. */
export interface SearchQuery {
  /** Empty: everything, by what `sortBy` says; downloads and stars count for it some minutes later. */
  readonly query: string
  readonly format?: ArtifactFormat
  readonly type?: readonly ArtifactType[]
  readonly namespace?: readonly string[]
  /** Any of them. */
  readonly keywords?: readonly string[]
  /** Username of who published the version that is shown, may publish by a right on the artifact itself, or has it in the own namespace. */
  readonly maintainer?: string
  readonly sortBy?: SearchOrder
  /** `desc` by default. */
  readonly sortOrder?: 'asc' | 'desc'
  readonly offset: number
  /** At most 250; `offset + limit` at most 10,000 (D-15). */
  readonly limit: number
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
  readonly publisher: string | null
  readonly publishedAt: string | null
  /** Users with a right to publish on the artifact itself, else the owners of its namespace; at most 20. */
  readonly maintainers: readonly string[]
  readonly downloads: number
  readonly stars: number
  /** Greater is better; 0 to 1. */
  readonly score: { readonly final: number; readonly text: number; readonly popularity: number; readonly freshness: number }
}

export interface SearchPage {
  readonly hits: readonly SearchHit[]
  /** Exact up to 10,000, which stands for that many or more. */
  readonly total: number
}

/** One document per artifact, kept by effects; what the caller may not see is left out inside the query. */
export interface Search {
  /** Throws `search.page_too_deep`. */
  find(principal: Principal, query: SearchQuery): Promise<SearchPage>
  /** Brings the document of an artifact up to date, or removes it. Idempotent. */
  index(artifactId: string): Promise<void>
  /** Every artifact anew; answers how many have a document. */
  rebuild(onProgress?: (done: number) => void): Promise<number>
}
export const Search = service<Search>('search')
