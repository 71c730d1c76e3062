import type { Principal } from '../../shared/kernel/principal.ts'
import { service } from '../../shared/kernel/service.ts'
import type { RebuildProgress } from './rebuilds.queries.ts'

export interface RebuildLimits {
  readonly signal: AbortSignal
  readonly longestMs: number
}

/** Everything indexed anew, by a worker, one at a time. The first two are for administrators of the whole registry. */
export interface Rebuilds {
  /** Throws `search.rebuild_underway`. */
  request(principal: Principal): Promise<RebuildProgress>
  progress(principal: Principal): Promise<RebuildProgress>
  /** Nothing where another one took its place. A failure is told by the progress, too long a time as well; stopped with its process, it begins anew. */
  run(id: string, limits: RebuildLimits): Promise<void>
}
export const Rebuilds = service<Rebuilds>('search.rebuilds')
