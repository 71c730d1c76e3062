import { defineEffect, onEvent } from '../../../shared/kernel/effect.ts'
import { DeadLetterRetried } from '../../../shared/kernel/effects.ts'
import { Audit } from '../contract.ts'

/** The kernel cannot write the audit log itself (D-28). A second run writes a second row, which is better than none. */
export const auditDeadLetterRetry = defineEffect({
  name: 'auth.audit-dead-letter-retry',
  trigger: onEvent(DeadLetterRetried),
  deps: { audit: Audit },
  run: ({ id }, { audit }) => audit.record({ action: 'dead_letter.retried', subject: id, subjectId: id }),
})
