import type ts from 'typescript'
import type { Bump } from '../../change.ts'
import type { Place, TypePair } from './place.ts'

export interface Finding {
  readonly rule: string
  readonly bump: Bump
  /** What follows the name of the place in the message. */
  readonly what: string
  readonly before?: string
  readonly after?: string
}

/** What comparisons of parts need of the whole. */
export interface Comparing {
  readonly checker: ts.TypeChecker
  /** Types of both versions against each other, named ones later and only once. */
  types(pair: TypePair, place: Place): void
  /** Member by member. */
  objects(pair: TypePair, place: Place): void
  /** As the compiler sees them. */
  leaf(pair: TypePair, place: Place): void
  report(place: Place, finding: Finding): void
  text(type: ts.Type): string
  /** These two stand for each other from now on. */
  pairParameters(old: ts.Type, now: ts.Type): void
  /** What a comparison would find, without reporting it. */
  tried(compare: () => void): readonly Tried[]
  /** Puts back what was tried. */
  accept(tried: readonly Tried[]): void
}

export type Tried = { readonly place: Place; readonly finding: Finding } | { readonly pair: TypePair; readonly place: Place }
