import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { Sessions } from '../sessions.service.ts'

const batch = 1_000

export const dropExpiredSessions = defineEffect({
  name: 'auth.drop-expired-sessions',
  trigger: onSchedule('17 * * * *'),
  deps: { sessions: Sessions },
  async run(_payload, { sessions }, { signal }) {
    while (!signal.aborted && (await sessions.dropExpired(batch)) === batch);
  },
})
