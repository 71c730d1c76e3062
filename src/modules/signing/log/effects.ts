import type { Effect } from '../../../shared/kernel/effect.ts'
import { logPublished } from './effects/log-published.ts'
import { logTagMoved } from './effects/log-tag-moved.ts'
import { logUnpublished } from './effects/log-unpublished.ts'
import { sweepLog } from './effects/sweep-log.ts'

export const logEffects: readonly Effect<never>[] = [logPublished, logTagMoved, logUnpublished, sweepLog]
