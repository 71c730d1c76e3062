import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { VersionPublished } from '../../metadata/contract.ts'
import { maxScansAtOnce, scanTimeoutMs } from '../scan-limits.ts'
import { ScanWork } from '../scan-work.ts'

export const scanPublished = defineEffect({
  name: 'scanning.scan-published',
  trigger: onEvent(VersionPublished),
  deps: { work: ScanWork },
  concurrency: maxScansAtOnce,
  timeoutMs: scanTimeoutMs,
  dedupe: ({ artifactId, manifestDigest }) => `${artifactId} ${manifestDigest}`,
  run: ({ artifactId, manifestDigest, version }, { work }, { signal }) =>
    work.scan({ artifactId, manifestDigest }, { cause: 'published', name: version }, signal),
})
