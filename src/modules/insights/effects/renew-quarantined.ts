import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ManifestQuarantined } from '../../metadata/publications.contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Another version may be the highest now. */
export const renewQuarantined = defineEffect({
  name: 'insights.renew-quarantined',
  trigger: onEvent(ManifestQuarantined),
  deps: { upkeep: Upkeep },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
