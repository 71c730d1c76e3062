import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { StagedPublishes } from '../contract.ts'

export const expireStaged = defineEffect({
  name: 'packuments.expire-staged',
  trigger: onSchedule('41 * * * *'),
  deps: { staged: StagedPublishes },
  async run(_payload, { staged }, { log }) {
    const expired = await staged.expire()
    if (expired > 0) log.info({ expired }, 'staged versions dropped that nobody approved')
  },
})
