import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { NeedsUpkeep } from '../needs/needs-upkeep.ts'

/** Packages from before their dependencies were kept. */
export const completeNeeds = defineEffect({
  name: 'packuments.complete-needs',
  trigger: onSchedule('* * * * *'),
  deps: { needs: NeedsUpkeep },
  timeoutMs: 300_000,
  async run(_payload, { needs }, { signal, log }) {
    const looked = await needs.run(signal)
    if (looked > 0) log.info({ looked }, 'packages looked at for what they depend on')
  },
})
