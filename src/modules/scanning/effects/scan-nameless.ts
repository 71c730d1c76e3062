import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { scanTimeoutMs } from '../scan-limits.ts'
import { ScanWork } from '../scan-work.ts'

/** Not at the push: most of what is pushed by digest gets its name, or its index, a moment later. */
export const scanNameless = defineEffect({
  name: 'scanning.scan-nameless',
  trigger: onSchedule('*/5 * * * *'),
  deps: { work: ScanWork },
  timeoutMs: scanTimeoutMs,
  run: async (_payload, { work }, { signal, log }) => {
    const scanned = await work.scanNameless(signal)
    if (scanned > 0) log.info({ scanned }, 'manifests without a name scanned')
  },
})
