import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { RollUp } from '../collection/roll-up.service.ts'

/** Soon after midnight of UTC, because what a day knew of its clients ends with it. */
export const forgetOld = defineEffect({
  name: 'analytics.forget-old',
  trigger: onSchedule('1-59/15 * * * *'),
  deps: { rollUp: RollUp },
  timeoutMs: 600_000,
  run: (_payload, { rollUp }, { signal }) => rollUp.forget(signal),
})
