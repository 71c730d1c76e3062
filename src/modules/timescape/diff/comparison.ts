import type { GType } from '../gtype/gtype.ts'
import type { ChangeList, Place } from './change-list.ts'

/** What comparing parts of a type needs of the comparison of the whole. */
export interface Comparison {
  readonly list: ChangeList
  compare(before: GType, after: GType, place: Place): void
  /** Whether every value of `inner`, which is of the side, is one of `outer`, which is of the other side. */
  contains(inner: GType, outer: GType, side: 'before' | 'after'): boolean
}

export interface At {
  readonly comparison: Comparison
  readonly place: Place
}
