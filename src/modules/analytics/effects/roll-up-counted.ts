import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { RollUp } from '../collection/roll-up.service.ts'

/** So many seconds after a download the numbers have it, at most. */
export const rollUpCounted = defineEffect({
  name: 'analytics.roll-up-counted',
  trigger: onSchedule('*/10 * * * * *'),
  deps: { rollUp: RollUp },
  run: async (_payload, { rollUp }, { signal }) => void (await rollUp.run(signal)),
})
