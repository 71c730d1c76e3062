import { defineEffect, onSchedule } from '../../../../shared/kernel/effect.ts'
import { LogIntake } from '../log-intake.service.ts'

/** Versions and tags from before there was a log, or whose event was given up on. */
export const sweepLog = defineEffect({
  name: 'signing.sweep-log',
  trigger: onSchedule('* * * * *'),
  deps: { logIntake: LogIntake },
  timeoutMs: 600_000,
  run: async (_payload, { logIntake }, { signal, log }) => {
    const noted = await logIntake.sweep(signal)
    if (noted > 0) log.info({ noted }, 'versions and tags from before the log are on their way into it')
  },
})
