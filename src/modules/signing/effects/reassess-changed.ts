import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { Effects } from '../../../shared/kernel/effects.ts'
import { SigningTrustChanged } from '../events.contract.ts'
import { Reassessment } from '../reassessment.service.ts'
import { reassess } from './reassess-further.ts'

export const reassessChanged = defineEffect({
  name: 'signing.reassess-changed',
  trigger: onEvent(SigningTrustChanged),
  deps: { reassessment: Reassessment, effects: Effects },
  timeoutMs: 600_000,
  dedupe: ({ namespaceId }) => namespaceId,
  run: async ({ namespaceId, namespace }, deps, { signal, log }) => {
    const signatures = await reassess({ namespaceId }, deps, signal)
    if (signatures > 0) log.info({ namespace, signatures }, 'signatures checked again')
  },
})
