import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ScanCompleted } from '../../scanning/events.contract.ts'
import { IndexUpkeep } from '../index-upkeep.ts'

export const indexScanned = defineEffect({
  name: 'search.index-scanned',
  trigger: onEvent(ScanCompleted),
  deps: { upkeep: IndexUpkeep },
  spacingMs: 500,
  concurrency: 50,
  dedupe: ({ artifactId, manifestDigest }) => `${artifactId} ${manifestDigest}`,
  run: ({ artifactId, manifestDigest }, { upkeep }) => upkeep.scanned({ artifactId, manifestDigest }),
})
