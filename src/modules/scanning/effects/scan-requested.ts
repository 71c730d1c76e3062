import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { ScanRequested } from '../events.contract.ts'
import { maxScansAtOnce, scanTimeoutMs } from '../scan-limits.ts'
import { ScanWork } from '../scan-work.ts'

export const scanRequested = defineEffect({
  name: 'scanning.scan-requested',
  trigger: onEvent(ScanRequested),
  deps: { work: ScanWork },
  concurrency: maxScansAtOnce,
  timeoutMs: scanTimeoutMs,
  run: ({ artifactId, manifestDigest, scanId }, { work }, { signal }) =>
    work.scan({ artifactId, manifestDigest }, { cause: 'requested', scanId }, signal),
})
