import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { BreakingChangeDetected } from '../../timescape/events.contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Content is compared later than types. */
export const renewBroken = defineEffect({
  name: 'insights.renew-broken',
  trigger: onEvent(BreakingChangeDetected),
  deps: { upkeep: Upkeep },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
