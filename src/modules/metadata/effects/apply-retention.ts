import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { Retention } from '../retention-view.ts'

/** What a run leaves undone, the next one does. */
export const applyRetention = defineEffect({
  name: 'metadata.apply-retention',
  trigger: onSchedule('23 * * * *'),
  deps: { retention: Retention },
  timeoutMs: 1_800_000,
  run: async (_payload, { retention }, { signal, log }) => {
    const removed = await retention.applyAll(signal)
    if (removed > 0) log.info({ removed }, 'tags removed by retention')
  },
})
