import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { PublicationHeld } from '../../metadata/publications.contract.ts'
import { maxScansAtOnce, scanTimeoutMs } from '../scan-limits.ts'
import { ScanWork } from '../scan-work.ts'

/** Whoever holds it: what is scanned while it waits is known when it gets its names. */
export const scanHeld = defineEffect({
  name: 'scanning.scan-held',
  trigger: onEvent(PublicationHeld),
  deps: { work: ScanWork },
  concurrency: maxScansAtOnce,
  timeoutMs: scanTimeoutMs,
  dedupe: ({ artifactId, manifestDigest }) => `${artifactId} ${manifestDigest}`,
  run: ({ artifactId, manifestDigest, version, tags }, { work }, { signal }) => {
    const name = version ?? tags[0]
    return work.scan({ artifactId, manifestDigest }, { cause: 'published', ...(name !== undefined && { name }) }, signal)
  },
})
