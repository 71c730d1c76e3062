import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { Upkeep } from '../upkeep.service.ts'

export const dropOld = defineEffect({
  name: 'notifications.drop-old',
  trigger: onSchedule('37 * * * *'),
  deps: { upkeep: Upkeep },
  timeoutMs: 900_000,
  run: (_payload, { upkeep }, { signal }) => upkeep.run(signal),
})
