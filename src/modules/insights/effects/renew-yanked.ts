import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionYanked } from '../../metadata/contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Yanked, or taken back. */
export const renewYanked = defineEffect({
  name: 'insights.renew-yanked',
  trigger: onEvent(VersionYanked),
  deps: { upkeep: Upkeep },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
