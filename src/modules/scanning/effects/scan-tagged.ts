import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { TagMoved } from '../../metadata/contract.ts'
import { maxScansAtOnce, scanTimeoutMs } from '../scan-limits.ts'
import { ScanWork } from '../scan-work.ts'

export const scanTagged = defineEffect({
  name: 'scanning.scan-tagged',
  trigger: onEvent(TagMoved),
  deps: { work: ScanWork },
  concurrency: maxScansAtOnce,
  timeoutMs: scanTimeoutMs,
  dedupe: ({ artifactId, to, tag }) => `${artifactId} ${to ?? tag}`,
  run: async ({ artifactId, tag, to }, { work }, { signal }) => {
    if (to !== null) await work.scanTagged({ artifactId, manifestDigest: to }, tag, signal)
  },
})
