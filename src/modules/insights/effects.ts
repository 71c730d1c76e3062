import type { Effect } from '../../shared/kernel/effect.ts'
import { keepUp } from './effects/keep-up.ts'
import { noteCompleted } from './effects/note-completed.ts'
import { notePublished } from './effects/note-published.ts'
import { renewBroken } from './effects/renew-broken.ts'
import { renewDeleted } from './effects/renew-deleted.ts'
import { renewDeprecated } from './effects/renew-deprecated.ts'
import { renewLifted } from './effects/renew-lifted.ts'
import { renewQuarantined } from './effects/renew-quarantined.ts'
import { renewRecorded } from './effects/renew-recorded.ts'
import { renewScanned } from './effects/renew-scanned.ts'
import { renewYanked } from './effects/renew-yanked.ts'

/** Every effect of the module. */
export const effects: readonly Effect<never>[] = [
  keepUp,
  noteCompleted,
  notePublished,
  renewBroken,
  renewDeleted,
  renewDeprecated,
  renewLifted,
  renewQuarantined,
  renewRecorded,
  renewScanned,
  renewYanked,
]
