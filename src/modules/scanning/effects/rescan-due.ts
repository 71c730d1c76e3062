import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { scanTimeoutMs } from '../scan-limits.ts'
import { ScanWork } from '../scan-work.ts'

export const rescanDue = defineEffect({
  name: 'scanning.rescan-due',
  trigger: onSchedule('23 * * * *'),
  deps: { work: ScanWork },
  timeoutMs: scanTimeoutMs,
  run: async (_payload, { work }, { signal, log }) => {
    const scanned = await work.rescanDue(signal)
    if (scanned > 0) log.info({ scanned }, 'manifests scanned again after their interval')
  },
})
