import type { Effect } from '../../shared/kernel/effect.ts'
import { announceBreaking } from './effects/announce-breaking.ts'
import { catchUp } from './effects/catch-up.ts'
import { compareContent } from './effects/compare-content.ts'
import { dropDependencies } from './effects/drop-dependencies.ts'
import { followDeprecated } from './effects/follow-deprecated.ts'
import { indexCompleted } from './effects/index-completed.ts'
import { indexDependencies } from './effects/index-dependencies.ts'
import { indexLifted } from './effects/index-lifted.ts'
import { indexQuarantined } from './effects/index-quarantined.ts'
import { indexYanked } from './effects/index-yanked.ts'
import { recordDeleted } from './effects/record-deleted.ts'
import { recordPublished } from './effects/record-published.ts'
import { recordRetagged } from './effects/record-retagged.ts'
import { reindexDependencies } from './effects/reindex-dependencies.ts'

/** Every effect of the module. */
export const effects: readonly Effect<never>[] = [
  announceBreaking,
  catchUp,
  compareContent,
  dropDependencies,
  followDeprecated,
  indexCompleted,
  indexDependencies,
  indexLifted,
  indexQuarantined,
  indexYanked,
  recordDeleted,
  recordPublished,
  recordRetagged,
  reindexDependencies,
]
