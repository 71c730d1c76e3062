import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ManifestPushed } from '../../artifacts/contract.ts'
import { ScanWork } from '../scan-work.ts'

export const takeAttached = defineEffect({
  name: 'scanning.take-attached',
  trigger: onEvent(ManifestPushed),
  deps: { work: ScanWork },
  concurrency: 4,
  run: ({ artifactId, manifestDigest }, { work }) => work.takeAttached({ artifactId, manifestDigest }),
})
