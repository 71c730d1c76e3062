import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { Notices } from '../notices.service.ts'

/** Events whose effect became a dead letter half way. */
export const finishTelling = defineEffect({
  name: 'notifications.finish-telling',
  trigger: onSchedule('*/5 * * * *'),
  deps: { notices: Notices },
  timeoutMs: 280_000,
  run: async (_payload, { notices }, { signal, log }) => {
    const finished = await notices.finish(signal)
    if (finished > 0) log.info({ finished }, 'events told to the rest of their followers')
  },
})
