import type { Sight } from '../auth/contract.ts'
import type { Highlight, MatchTier, SearchNotes, SearchPage, SearchQuery, SearchScore, Suggestion } from './contract.ts'
import type { SearchDocument } from './search-document.ts'
import type { SearchText } from './search-text.ts'

/** The last result that can be asked for, the greatest total, and how many matches facets are counted among. */
export const maxRanked = 10_000

/**
 * Artifacts that something else than their words found: by meaning, by the types they have, by what they are like. They are joined inside the
 * query, so that totals, facets and pages know of them and visibility is asked of them like of all others.
 */
export interface Candidates {
  /** 0 to 1 by artifact, greater is better. */
  readonly scores: ReadonlyMap<string, number>
  /**
   * `only`: nothing else matches (still it has to match the words, where there are any). `also`: they match beside what the words match. In both
   * cases the score becomes part of that of the text: `1 - (1 - text) * (1 - score)`.
   */
  readonly mode: 'only' | 'also'
  /** Told with the answer. */
  readonly notes?: SearchNotes
}

/** Plugged into the service; asked before the driver. */
export interface CandidateSource {
  /** `undefined`: this query is none of its business. May throw DomainErrors for parameters it does not understand. */
  candidates(sight: Sight, query: SearchQuery): Promise<Candidates | undefined>
}

/**
 * Whoever keeps something of its own beside the documents (an index elsewhere, vectors, types). Called inside the transaction that wrote them,
 * with rows held: it only writes what takes no time, in tables that go away with `search_documents` or that say so themselves.
 */
export interface DocumentFollower {
  changed(written: readonly SearchDocument[], droppedIds: readonly string[]): Promise<void>
}

/** What a driver is asked: texts are parsed, names canonical, `offset + limit` within `maxRanked`. */
export interface DriverQuery extends Omit<SearchQuery, 'query' | 'semantic' | 'typeSignature' | 'healthBadges'> {
  /** `undefined`: no text, which every document matches (tier 1, text 1). */
  readonly text: SearchText | undefined
  /** An artifact has to be in all that are `only`. */
  readonly candidates?: readonly Candidates[]
  /** By `performance.now()`: a driver outside of Postgres that has not answered by then is not waited for. */
  readonly deadline?: number
}

/** The rest of what is shown is read from Postgres, where the clause of visibility is asked once more. */
export interface FoundArtifact {
  readonly artifactId: string
  readonly tier: MatchTier
  readonly score: SearchScore
  /** Where the driver made them itself; else the service does when they are wanted. */
  readonly highlights?: readonly Highlight[]
}

export interface FoundPage extends Pick<SearchPage, 'total' | 'totalIsExact' | 'facets'> {
  /** In the order that was asked for. */
  readonly hits: readonly FoundArtifact[]
}

export type SuggestedArtifact = Pick<Suggestion, 'namespace' | 'name'> & { readonly artifactId: string }

/** Documents of some artifacts, read from the catalog at one instant. */
export interface DocumentBatch {
  /** All that were looked at; those without a document have nothing to show. */
  readonly artifactIds: readonly string[]
  readonly documents: readonly SearchDocument[]
}

/**
 * A place where documents are found. Postgres is always written, inside the transaction that holds the artifacts; another driver is fed
 * afterwards (`DocumentFollower`) with documents of `DocumentReader`, and whoever asks it in vain asks Postgres.
 */
export interface SearchDriver {
  readonly name: string
  /**
   * Visible matches. Exact names come first, names like the text are found where nothing matches it. Facets and highlights only where wanted.
   * What `sight` does not allow is in no hit, no total and no facet (P5).
   */
  find(sight: Sight, query: DriverQuery): Promise<FoundPage>
  /** Visible artifacts whose name begins with the text, the most relevant first; names like it where there are none. */
  suggest(sight: Sight, text: SearchText, limit: number): Promise<readonly SuggestedArtifact[]>
  /** Idempotent. What is written twice is what was written last. */
  write(documents: readonly SearchDocument[]): Promise<void>
  /** Idempotent; artifacts without a document are none of its business. */
  drop(artifactIds: readonly string[]): Promise<void>
  /**
   * Every document anew, answers how many. Searches are answered as before until `batches` is exhausted and all of it can be found; when it
   * throws, they still are, and nothing half-built stays. What `write` and `drop` are told meanwhile is in the result.
   */
  rebuild(batches: AsyncIterable<DocumentBatch>): Promise<number>
}

/** Documents as they are now, for whoever feeds a driver. */
export interface DocumentReader {
  read(artifactIds: readonly string[]): Promise<DocumentBatch>
  /** All artifacts in the order of their ids, 200 at a time. */
  readAll(): AsyncIterable<DocumentBatch>
}
