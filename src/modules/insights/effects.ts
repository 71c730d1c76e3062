import type { Effect } from '../../shared/kernel/effect.ts'
import { keepUp } from './effects/keep-up.ts'
import { noteCompleted } from './effects/note-completed.ts'
import { notePublished } from './effects/note-published.ts'
import { renewChanged } from './effects/renew-changed.ts'
import { renewRecorded } from './effects/renew-recorded.ts'

/** Every effect of the module. */
export const effects: readonly Effect<never>[] = [keepUp, noteCompleted, notePublished, renewChanged, renewRecorded]
