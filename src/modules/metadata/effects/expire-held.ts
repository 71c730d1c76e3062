import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { HeldExpiry } from '../held-expiry.ts'

export const expireHeld = defineEffect({
  name: 'metadata.expire-held',
  trigger: onSchedule('*/5 * * * *'),
  deps: { expiry: HeldExpiry },
  timeoutMs: 1_800_000,
  run: async (_payload, { expiry }, { signal, log }) => {
    const dropped = await expiry.expire(signal)
    if (dropped > 0) log.info({ dropped }, 'held publications dropped')
  },
})
