import { defineEffect, onSchedule } from '../../../shared/kernel/effect.ts'
import { TrustedPublishingUpkeep } from '../trusted-publishing/trusted-publishing.service.ts'

const batch = 1_000

export const dropExpiredExchanges = defineEffect({
  name: 'auth.drop-expired-exchanges',
  trigger: onSchedule('23 * * * *'),
  deps: { trustedPublishing: TrustedPublishingUpkeep },
  async run(_payload, { trustedPublishing }, { signal }) {
    while (!signal.aborted && (await trustedPublishing.dropExpired(batch)) === batch);
  },
})
