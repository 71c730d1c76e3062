import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { QuarantineLifted } from '../../metadata/publications.contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Another version may be the highest now. */
export const renewLifted = defineEffect({
  name: 'insights.renew-lifted',
  trigger: onEvent(QuarantineLifted),
  deps: { upkeep: Upkeep },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
