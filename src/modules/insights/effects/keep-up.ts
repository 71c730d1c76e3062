import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { Upkeep } from '../upkeep.service.ts'

export const keepUp = defineEffect({
  name: 'insights.keep-up',
  trigger: onSchedule('* * * * *'),
  deps: { upkeep: Upkeep },
  timeoutMs: 600_000,
  run: (_payload, { upkeep }, { signal }) => upkeep.run(signal),
})
