import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionDeprecated } from '../../metadata/contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** Deprecated, or not any more. */
export const renewDeprecated = defineEffect({
  name: 'insights.renew-deprecated',
  trigger: onEvent(VersionDeprecated),
  deps: { upkeep: Upkeep },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
