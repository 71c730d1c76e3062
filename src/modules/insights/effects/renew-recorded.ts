import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionRecorded } from '../../timescape/events.contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Only now it is known what changed; of a first version there is nothing to know. */
export const renewRecorded = defineEffect({
  name: 'insights.renew-recorded',
  trigger: onEvent(VersionRecorded),
  deps: { upkeep: Upkeep },
  spacingMs: 1_000,
  concurrency: 200,
  dedupe: ({ artifactId }) => artifactId,
  unless: { isFirst: true },
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
