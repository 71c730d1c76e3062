import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { Effects } from '../../../shared/kernel/effects.ts'
import { PublisherKeyRevoked } from '../events.contract.ts'
import { Reassessment } from '../reassessment.service.ts'
import { reassess } from './reassess-further.ts'

export const reassessRevoked = defineEffect({
  name: 'signing.reassess-revoked',
  trigger: onEvent(PublisherKeyRevoked),
  deps: { reassessment: Reassessment, effects: Effects },
  timeoutMs: 600_000,
  run: async ({ namespace, keyId, compromised, reason }, deps, { signal, log }) => {
    const signatures = await reassess({ key: { keyId, compromised, reason } }, deps, signal)
    log.info({ namespace, keyId, signatures }, 'signatures of a revoked key checked again')
  },
})
