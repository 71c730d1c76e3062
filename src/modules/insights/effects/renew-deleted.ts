import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeleted } from '../../metadata/contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Nothing may be left. */
export const renewDeleted = defineEffect({
  name: 'insights.renew-deleted',
  trigger: onEvent(VersionDeleted),
  deps: { upkeep: Upkeep },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
