import type { Principal } from '../../../shared/kernel/principal.ts'
import { service } from '../../../shared/kernel/service.ts'
import type { ArtifactRef } from '../../metadata/contract.ts'
import type { HitFacts } from '../hits.queries.ts'

/** Why an artifact is related to another one. */
export interface Kinship {
  /** 0 to 1; docs/semantic-search.md has the formula. */
  readonly score: number
  /** Cosine of what both mean; 0 where they have nothing in common. */
  readonly meaning: number
  readonly keywords: readonly string[]
  readonly dependencies: readonly string[]
}

export interface RelatedArtifact {
  readonly facts: HitFacts
  readonly kinship: Kinship
}

export interface RelatedPage {
  readonly items: readonly RelatedArtifact[]
  readonly semantic: { readonly model: string; readonly experimental: boolean }
}

/** What is like an artifact, by what it says of itself. What people use together is told elsewhere. */
export interface Related {
  /** Throws what the catalog throws for an artifact that the caller may not see. */
  to(principal: Principal, ref: ArtifactRef, limit: number): Promise<RelatedPage>
}
export const Related = service<Related>('search.related')
