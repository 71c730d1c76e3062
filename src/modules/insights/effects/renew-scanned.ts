import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ScanCompleted } from '../../scanning/events.contract.ts'
import { Upkeep } from '../upkeep.service.ts'

/** The security score is a part of maintenance. */
export const renewScanned = defineEffect({
  name: 'insights.renew-scanned',
  trigger: onEvent(ScanCompleted),
  deps: { upkeep: Upkeep },
  concurrency: 50,
  dedupe: ({ artifactId }) => artifactId,
  run: ({ artifactId }, { upkeep }) => upkeep.artifactChanged(artifactId),
})
