import { Type } from '@sinclair/typebox'
import { DeadLetterRetried, Effects } from './effects.ts'
import { listEffects, retryDeadLetter } from './handlers/effects-admin.ts'
import { defineModule } from './module.ts'

/** What the kernel itself answers beside health, metrics and documentation. */
export const kernelModule = defineModule({
  name: 'kernel',
  description: 'Background work, seen by operators',
  config: Type.Object({}),
  deps: { effects: Effects },
  provides: {},
  setup: () => ({}),
  events: [DeadLetterRetried],
  handlers: [listEffects, retryDeadLetter],
})
