import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { AdvisoriesChanged } from '../events.contract.ts'
import { scanTimeoutMs } from '../scan-limits.ts'
import { ScanWork } from '../scan-work.ts'

export const reevaluateAffected = defineEffect({
  name: 'scanning.reevaluate-affected',
  trigger: onEvent(AdvisoriesChanged),
  deps: { work: ScanWork },
  timeoutMs: scanTimeoutMs,
  run: async ({ databaseVersion }, { work }, { signal, log }) => {
    const counted = await work.reevaluate(signal)
    log.info({ databaseVersion, ...counted }, 'verdicts renewed after a change of advisories')
  },
})
